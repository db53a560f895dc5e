const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

// The three forms of RFC 9110 5.6.7. `Date.parse` takes much more, such as "2026", and does not have to take these.
const forms = [
  /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), (?<day>\d\d) (?<month>[A-Z][a-z]{2}) (?<year>\d{4}) (?<time>\d\d:\d\d:\d\d) GMT$/,
  /^(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day, (?<day>\d\d)-(?<month>[A-Z][a-z]{2})-(?<year>\d\d) (?<time>\d\d:\d\d:\d\d) GMT$/,
  /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) (?<month>[A-Z][a-z]{2}) (?<day>[ \d]\d) (?<time>\d\d:\d\d:\d\d) (?<year>\d{4})$/,
] as const;

/**
 * Milliseconds since the Unix epoch of an HTTP date, or `undefined` if it is none. A year of two digits is one of the
 * century of `now`, or of the one before if it would lie more than 50 years ahead.
 */
export function parseDate(text: string | undefined, now: number): number | undefined {
  if (text === undefined) return undefined;
  for (const form of forms) {
    const parts = form.exec(text)?.groups;
    if (parts !== undefined) return timeOf(parts, now);
  }
  return undefined;
}

function timeOf({ day, month, year, time }: Record<string, string>, now: number): number | undefined {
  const seconds = secondsOfDay(time);
  const at = (fullYear: number) => dayOf(fullYear, months.indexOf(month ?? ""), Number(day), seconds);
  if (year?.length === 4) return at(Number(year));
  const today = new Date(now);
  const full = today.getUTCFullYear() - (today.getUTCFullYear() % 100) + Number(year);
  const found = at(full);
  return found !== undefined && found > today.setUTCFullYear(today.getUTCFullYear() + 50) ? at(full - 100) : found;
}

/** `undefined` for a day that the calendar does not have. */
function dayOf(year: number, month: number, day: number, seconds: number | undefined): number | undefined {
  const date = new Date(0);
  date.setUTCFullYear(year, month, day);
  return month < 0 || seconds === undefined || date.getUTCDate() !== day ? undefined : date.getTime() + 1000 * seconds;
}

/** A leap second is the first of the next minute. */
function secondsOfDay(time: string | undefined): number | undefined {
  const [hour = 24, minute = 60, second = 61] = (time ?? "").split(":").map(Number);
  return hour < 24 && minute < 60 && second <= 60 ? 3600 * hour + 60 * minute + second : undefined;
}
