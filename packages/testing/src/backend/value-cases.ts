import type { Keepable, ObjectBackend } from "@cachette/core";
import { check, equal, equalBytes } from "../check.ts";
import { casesOf } from "./backend-case.ts";
import type { Subject } from "./subject.ts";

export const objectCases = casesOf(
  "values",
  {
    "gives back the very object, untouched": async (subject) => {
      const value = Object.freeze({ entry: new Map([["a", 1]]) });
      await subject.put("key", value);
      const found = await subject.take("key");
      check(found === value, "what comes back is the very object that was set");
    },

    "says of what knows its place whether it is kept": async ({ backend }) => {
      const objects = backend as ObjectBackend;
      const values: Keepable[] = [];
      for (const tail of ["a", "b", "b"]) {
        const value = keepable("suite:names:", tail);
        values.push(value);
        await objects.set(`suite:names:${tail}`, value, { size: value.size, expiresAt: value.expiresAt });
      }
      const [one, replaced, last] = values;
      check(replaced?.keeper === undefined, "what was replaced has no keeper");
      for (const tail of ["a", "b"]) await objects.delete(`suite:names:${tail}`);
      check(one?.keeper === undefined && last?.keeper === undefined, "what was deleted has no keeper");
    },
  },
  ({ backend }) => backend.holds === "objects",
);

/** As the cache makes it. */
function keepable(head: string, tail: string): Keepable {
  const place = { keeper: undefined, read: false, newer: undefined, older: undefined };
  return { head, tail, size: 1, expiresAt: Number.POSITIVE_INFINITY, ...place };
}

export const byteCases = casesOf(
  "values",
  {
    "keeps every octet": (subject) =>
      comesBack(
        subject,
        octets(512, (index) => index),
      ),

    "keeps a value of no bytes": (subject) => comesBack(subject, new Uint8Array(0)),

    // Text throughout: octets that are no text are another case.
    "keeps a mebibyte": (subject) =>
      comesBack(
        subject,
        octets(1024 * 1024, (index) => 32 + (index % 95)),
      ),

    "keeps what a view shows, not what lies around it": async (subject) => {
      const whole = octets(64, (index) => index);
      await subject.put("key", whole.subarray(16, 32));
      equalBytes(await subject.take("key"), whole.slice(16, 32), "a part of a larger buffer");
    },

    "does not change an answer afterwards": async (subject) => {
      const first = octets(100, () => 1);
      await subject.put("key", first);
      const answer = await subject.take("key");
      for (let round = 2; round < 10; round++) {
        await subject.put(
          `key ${round}`,
          octets(100, () => round),
        );
        await subject.take(`key ${round}`);
      }
      await subject.put(
        "key",
        octets(100, () => 99),
      );
      await subject.take("key");
      equalBytes(answer, first, "an answer kept while others are read");
    },

    "gives back nothing but bytes": async (subject) => {
      await subject.put(
        "key",
        octets(3, (index) => 48 + index),
      );
      equal((await subject.take("key")) instanceof Uint8Array, true, "the answer is a Uint8Array");
    },
  },
  ({ backend }) => backend.holds === "bytes",
);

async function comesBack(subject: Subject, bytes: Uint8Array): Promise<void> {
  await subject.put("key", bytes);
  equalBytes(await subject.take("key"), bytes, `${bytes.length} octets`);
}

function octets(length: number, octet: (index: number) => number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let index = 0; index < length; index++) bytes[index] = octet(index);
  return bytes;
}
