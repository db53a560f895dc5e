import { check, equal } from "../check.ts";
import { casesOf } from "./backend-case.ts";
import type { Subject } from "./subject.ts";

export const keyCases = casesOf("keys", {
  "tells upper case from lower case": (subject) => tellsApart(subject, ["GET:/Path", "GET:/path", "get:/path"]),

  "takes separators, wildcards and control characters as they are": (subject) =>
    tellsApart(subject, [
      ...["a:b", "a::b", "a:", "a*", "a?", "[a]", "a{b}", "a%7Bb%7D", "a%", "a\\", "a/b", "a\tb", "a b", "a ", "a"],
      ...["a\u0000", "a\u0000b", "a\r\nb", "a\nb", 'a"', "a'", "a\u007f"],
    ]),

  "takes names that every object has": async (subject) => {
    const names = ["__proto__", "constructor", "toString", "hasOwnProperty"];
    for (const name of names) await subject.holds(name, undefined, `${name}, never set`);
    await tellsApart(subject, names);
  },

  "tells characters apart that look alike": (subject) =>
    tellsApart(subject, [
      ...["\u00e9", "e\u0301", "\ufb01", "fi", "\u212a", "\uff2b", "K", "\u65e5\u672c", "\u{1d4b3}", "X"],
      ...["\u{1f469}\u200d\u{1f467}", "\u{1f469}\u{1f467}", "\ufeffa", "a\ufeff", "a"],
    ]),

  "tells apart what is no proper text": (subject) =>
    tellsApart(subject, [
      "\ud800",
      "\ud801",
      "\udc00",
      "\udc00\ud800",
      "\ud800\udc00",
      "\ufffd",
      "\uffff",
      "\uffffd800",
    ]),

  "tells long keys apart to their last character": (subject) => {
    const long = "k".repeat(8 * 1024);
    return tellsApart(subject, [long, `${long}a`, `${long}b`, `a${long}`]);
  },
});

/** Sets all, then reads all, then deletes them one by one. */
async function tellsApart(subject: Subject, keys: readonly string[]): Promise<void> {
  for (const [index, key] of keys.entries()) await subject.set(key, `value ${index}`);
  for (const [index, key] of keys.entries()) await subject.holds(key, `value ${index}`, labelOf(key));
  for (const [index, key] of keys.entries()) {
    await subject.delete(key);
    await subject.holds(key, undefined, `${labelOf(key)}, deleted`);
    const next = keys[index + 1];
    if (next !== undefined) await subject.holds(next, `value ${index + 1}`, `${labelOf(next)}, its neighbour deleted`);
  }
}

function labelOf(key: string): string {
  return `key ${JSON.stringify(key.slice(-20))} of ${key.length} characters`;
}

/** For backends that find a value by the parts of its key. */
export const findCases = casesOf(
  "keys",
  {
    "finds by the parts of a key what is under the whole": async (subject) => {
      const keys = ["shop:v1:GET:/a", "shop::GET:/a", "shop:v1:", "no colon", "one:colon", ":", "::", "", "a:b:c:d:e"];
      for (const key of keys) await subject.set(key, `value of ${key}`);
      let found = 0;
      for (const key of keys) {
        for (let at = 0; at <= key.length; at++) {
          const name = subject.find(key.slice(0, at), key.slice(at));
          if (name === undefined) continue;
          equal(name, `value of ${key}`, `what is under "${key}", divided at ${at}`);
          found++;
        }
        await subject.delete(key);
        for (let at = 0; at <= key.length; at++) {
          equal(subject.find(key.slice(0, at), key.slice(at)), undefined, `"${key}", deleted, divided at ${at}`);
        }
      }
      check(found > 0, "something is found");
    },
  },
  ({ backend }) => backend.holds === "objects" && backend.find !== undefined,
);
