import { check, equal } from "../check.ts";
import { turn } from "../turn.ts";
import { casesOf } from "./backend-case.ts";
import { readOne, type Subject } from "./subject.ts";

export const concurrencyCases = casesOf("concurrency", {
  "counts every one of many invalidations at the same time": async (subject) => {
    const versions = subject.versions();
    await versions.advance(["a"], "hard");
    const before = await readOne(versions, "a");
    await Promise.all(Array.from({ length: 50 }, () => versions.advance(["a"], "hard")));
    equal((await readOne(versions, "a")).hard, before.hard + 50, "the stamp after 50 invalidations at once");
  },

  "never lets a stamp sink while it is invalidated": async (subject) => {
    const versions = subject.versions();
    let busy = 2;
    const invalidate = async () => {
      for (let round = 0; round < 20; round++) await versions.advance(["a"], round % 2 ? "hard" : "soft");
      busy--;
    };
    const watch = async () => {
      for (let highest = 0; busy > 0; await turn()) {
        const { hard, soft } = await readOne(versions, "a");
        check(Math.max(hard, soft) >= highest, "a later reading shows no lower stamp");
        highest = Math.max(hard, soft);
      }
    };
    await Promise.all([invalidate(), invalidate(), watch()]);
  },

  "shows a whole value, the old or the new one, while it is replaced": async (subject) => {
    const key = "key";
    await subject.put(key, big(subject, "a"));
    const write = async (letters: string) => {
      for (const letter of letters) await subject.put(key, big(subject, letter));
    };
    const read = async () => {
      for (let round = 0; round < 30; round++) await whole(subject, key);
    };
    await Promise.all([write("bcdefg"), write("hijklm"), read(), read()]);
    await subject.put(key, big(subject, "z"));
    equal((await whole(subject, key))[0], "z", "the value that was set last, all others done");
  },

  "does not mix up answers to many questions at once": async (subject) => {
    const names = Array.from({ length: 200 }, (_, index) => `key ${index}`);
    await Promise.all(names.map((name) => subject.set(name, `value of ${name}`)));
    const found = await Promise.all(names.map((name) => subject.get(name)));
    const wrong = names.findIndex((name, index) => found[index] !== `value of ${name}`);
    equal(wrong, -1, "the first of 200 keys with another value than its own");
  },
});

/** A value large enough to be written in pieces by whoever writes in pieces: 64 KiB of one letter. */
function big(subject: Subject, letter: string): object {
  return subject.value(letter.repeat(64 * 1024));
}

async function whole(subject: Subject, key: string): Promise<string> {
  const text = (await subject.get(key)) ?? "";
  equal(text.length, 64 * 1024, "the length of a value that is being replaced");
  check(text === (text[0] ?? "").repeat(text.length), "a value that is being replaced is of one piece");
  return text;
}
