import { trimBlanks } from "./fields.ts";

/** Cookies by name, undecoded. All values of each name: of several, some servers read the first and some the last. */
export function parseCookies(field: string | undefined): Map<string, string[]> {
  const cookies = new Map<string, string[]>();
  for (const pair of (field ?? "").split(";")) {
    const at = pair.indexOf("=");
    if (at < 0) continue;
    const name = trimBlanks(pair.slice(0, at));
    const value = trimBlanks(pair.slice(at + 1));
    const known = cookies.get(name);
    if (known === undefined) cookies.set(name, [value]);
    else known.push(value);
  }
  return cookies;
}
