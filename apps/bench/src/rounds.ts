import { median, spreadOf } from "./median.ts";

/** Something to be timed. */
export interface Subject {
  readonly name: string;
  /** Works for about this long and says how many operations a second it did. */
  measure(seconds: number): Promise<number>;
}

export interface Pace {
  readonly rounds: number;
  /** For each subject in each round. */
  readonly seconds: number;
  /** How long each subject warms up, if that is longer than a turn: engines take seconds until they know what is hot. */
  readonly warmUp?: number;
}

export interface Result {
  readonly name: string;
  /** Operations a second in each round. */
  readonly rates: readonly number[];
  /** The median of `rates`. */
  readonly perSecond: number;
  /** Half the range of `rates`, as a share of the median. */
  readonly spread: number;
  /** To the first subject, see `ratioTo`. */
  readonly ratio: number;
}

/**
 * Times the subjects in turn, round after round, so that whatever else the machine does meets all of them alike. Every
 * other round goes backwards: what drifts steadily then favours nobody. The first subject is the floor that the others
 * are compared with. A round before the first warms up and does not count.
 *
 * @param between is called before each turn, such as to clear away what the one before has left
 */
export async function measure(
  subjects: readonly Subject[],
  { rounds, seconds, warmUp = seconds }: Pace,
  between: () => void = () => {},
): Promise<Result[]> {
  const rates = new Map(subjects.map((subject) => [subject, [] as number[]]));
  const turn = (subject: Subject, length = seconds) => {
    between();
    return subject.measure(length);
  };
  for (const subject of subjects) await turn(subject, Math.max(seconds, warmUp));
  for (let round = 0; round < rounds; round++) {
    for (const subject of round % 2 === 0 ? subjects : subjects.toReversed()) {
      rates.get(subject)?.push(await turn(subject));
    }
  }
  const results = subjects.map((subject) => resultOf(subject.name, rates.get(subject) ?? []));
  return results.map((result) => ({ ...result, ratio: ratioTo(results[0], result) }));
}

/** The median of the ratios to another subject, round by round. */
export function ratioTo(floor: Pick<Result, "rates"> | undefined, { rates }: Pick<Result, "rates">): number {
  return median(rates.map((rate, round) => rate / (floor?.rates[round] ?? Number.NaN)));
}

function resultOf(name: string, rates: readonly number[]): Omit<Result, "ratio"> {
  return { name, rates, perSecond: median(rates), spread: spreadOf(rates) };
}
