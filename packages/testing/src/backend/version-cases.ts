import { judgeValidity } from "@cachette/core";
import { check, equal, equalLists } from "../check.ts";
import { casesOf } from "./backend-case.ts";
import { markAfter, readOne } from "./subject.ts";

export const versionCases = casesOf("versions", {
  "gives a mark and a stamp for each label": async (subject) => {
    const versions = subject.versions();
    const reading = await versions.read(["a", "b", "c"]);
    check(typeof reading.mark.epoch === "string" && reading.mark.epoch !== "", "the epoch has a name");
    check(Number.isSafeInteger(reading.mark.seq) && reading.mark.seq >= 0, "seq is a whole number from 0 on");
    equal(reading.stamps.length, 3, "the number of stamps for three labels");
    equal((await versions.read([])).stamps.length, 0, "the number of stamps for no label");
  },

  "voids nothing as long as nothing was invalidated": async (subject) => {
    const versions = subject.versions();
    const mark = await markAfter(versions, ["a", "b"]);
    equal(judgeValidity(mark, await versions.read(["a", "b"])), "valid", "what was loaded, with no purge since");
  },

  "voids what was loaded before a hard invalidation": async (subject) => {
    const versions = subject.versions();
    const { mark } = await versions.read(["a"]);
    await versions.advance(["a"], "hard");
    equal(judgeValidity(mark, await versions.read(["a"])), "void", "what was loaded before a hard purge");
  },

  "makes stale what was loaded before a soft invalidation": async (subject) => {
    const versions = subject.versions();
    const mark = await markAfter(versions, ["a"]);
    await versions.advance(["a"], "soft");
    equal(judgeValidity(mark, await versions.read(["a"])), "stale", "what was loaded before a soft purge");
  },

  "makes stale what was loaded before a label's first mention in a soft invalidation": async (subject) => {
    const versions = subject.versions();
    const mark = await markAfter(versions, []);
    await versions.advance(["never read"], "soft");
    equal(judgeValidity(mark, await versions.read(["never read"])), "stale", "what was loaded before a soft purge");
  },

  "leaves alone what is loaded after an invalidation": async (subject) => {
    const versions = subject.versions();
    for (const kind of ["hard", "soft"] as const) {
      await versions.advance(["a"], kind);
      const mark = await markAfter(versions, ["a"]);
      equal(judgeValidity(mark, await versions.read(["a"])), "valid", `what was loaded after a ${kind} purge`);
    }
  },

  "leaves other labels alone": async (subject) => {
    const versions = subject.versions();
    await versions.read(["a", "ab", "b"]);
    const mark = await markAfter(versions, ["a", "ab", "b"]);
    await versions.advance(["a"], "hard");
    equal(judgeValidity(mark, await versions.read(["ab", "b"])), "valid", "what does not carry the label purged");
  },

  "judges a label that only the result of a load knew": async (subject) => {
    const versions = subject.versions();
    const before = await markAfter(versions, ["everything"]);
    await versions.advance(["late"], "hard");
    const after = await markAfter(versions, ["everything", "late"]);
    const reading = await versions.read(["everything", "late"]);
    equal(judgeValidity(before, reading), "void", "a load that began before the purge of its late label");
    equal(judgeValidity(after, reading), "valid", "a load that began after the purge of its late label");
  },

  "advances by one and stamps with what it came to": async (subject) => {
    const versions = subject.versions();
    await versions.advance(["a"], "hard");
    const first = await readOne(versions, "a");
    await versions.advance(["a"], "hard");
    const second = await readOne(versions, "a");
    equal(second.hard, first.hard + 1, "the stamp of the next invalidation");
    equal((await markAfter(versions, ["a"])).seq, second.hard, "the mark after it");
    equal(second.mark.epoch, first.mark.epoch, "the epoch after it");
  },

  "keeps hard and soft apart": async (subject) => {
    const versions = subject.versions();
    await versions.advance(["a"], "hard");
    const first = await readOne(versions, "a");
    await versions.advance(["a"], "soft");
    const second = await readOne(versions, "a");
    equal(second.hard, first.hard, "the hard stamp after a soft invalidation");
    equal(second.soft, first.hard + 1, "the soft stamp after it");
    await versions.advance(["a"], "hard");
    const third = await readOne(versions, "a");
    equal(third.soft, second.soft, "the soft stamp after a hard invalidation");
    equal(third.hard, second.soft + 1, "the hard stamp after it");
  },

  "remembers what it said of a label it had no record of": async (subject) => {
    const versions = subject.versions();
    await versions.advance(["a"], "hard");
    const first = await readOne(versions, "unknown");
    check(
      first.hard <= first.mark.seq && first.soft <= first.mark.seq,
      "an unknown label is not stamped in the future",
    );
    await versions.advance(["a"], "hard");
    const second = await readOne(versions, "unknown");
    equalLists([second.hard, second.soft], [first.hard, first.soft], "hard and soft of it, asked again later");
  },

  "answers in the order of the labels, however often one is named": async (subject) => {
    const versions = subject.versions();
    await versions.advance(["a"], "hard");
    await versions.advance(["b"], "hard");
    const [a, b] = (await versions.read(["a", "b"])).stamps;
    const hard = (await versions.read(["b", "a", "b"])).stamps.map((stamp) => stamp.hard);
    equalLists(hard, [b?.hard, a?.hard, b?.hard], "hard stamps of b, a, b");
    check(a?.hard !== b?.hard, "labels invalidated one after the other have different stamps");
  },

  "stamps many labels at once": async (subject) => {
    const versions = subject.versions();
    const labels = Array.from({ length: 1_000 }, (_, index) => `t:user:${index}`);
    await versions.advance(["t:user:0"], "hard");
    const { hard: before } = await readOne(versions, "t:user:0");
    await versions.advance(labels, "hard");
    const { stamps } = await versions.read(labels);
    const wrong = stamps.findIndex((stamp) => stamp.hard !== before + 1);
    equal(wrong, -1, "the first of 1,000 labels with another stamp than the rest");
  },

  "takes labels as they are": async (subject) => {
    const versions = subject.versions();
    const labels = [
      "",
      "*",
      "clock",
      ":clock",
      "label:a",
      "a:b",
      "a::b",
      "{a}",
      "}a",
      "a%",
      "a b",
      "a\u0000",
      "A",
      "a",
      "é",
    ];
    for (const label of labels) await versions.advance([label], "hard");
    const hard = (await versions.read(labels)).stamps.map((stamp) => stamp.hard);
    const first = hard[0] ?? Number.NaN;
    equalLists(
      hard,
      labels.map((_, index) => first + index),
      "hard stamps of labels invalidated one after the other",
    );
  },

  "keeps scopes apart": async (subject) => {
    const names = ["shop", "shop:", "shop:label", "shop}", "{shop", "shop}:clock", "shop%7D", "SHOP", "sho"];
    const scopes = names.map((name) => subject.versions(name));
    const marks = await Promise.all(scopes.map((versions) => markAfter(versions, ["a"])));
    for (const [index, versions] of scopes.entries()) {
      await versions.advance(["a"], "hard");
      for (const [other, mark] of marks.entries()) {
        const verdict = judgeValidity(mark, await (scopes[other] ?? versions).read(["a"]));
        equal(verdict, other <= index ? "void" : "valid", `scope ${names[other]} after a purge of ${names[index]}`);
      }
    }
  },

  "speaks of the same clock whenever a scope is named": async (subject) => {
    const mark = await markAfter(subject.versions(), ["a"]);
    await subject.versions().advance(["a"], "hard");
    equal(judgeValidity(mark, await subject.versions().read(["a"])), "void", "what was loaded before a purge");
  },

  "keeps versions out of the way of values": async (subject) => {
    const versions = subject.versions("x");
    const mark = await markAfter(versions, ["a"]);
    const keys = ["x", "x:clock", "x:label:a", "a"];
    for (const key of keys) await subject.set(key, key);
    await versions.advance(["a"], "soft");
    for (const key of keys) await subject.holds(key, key, `the value under ${key} after an invalidation`);
    for (const key of keys) await subject.delete(key);
    equal(judgeValidity(mark, await versions.read(["a"])), "stale", "what was loaded before, all values deleted");
  },
});

export const currentCases = casesOf(
  "versions",
  {
    "shows one and the same mark while nothing is invalidated, and a new one afterwards": async (subject) => {
      const versions = subject.versions();
      const first = versions.current;
      await subject.set("key", "value");
      await subject.get("key");
      await versions.read(["a", "never seen"]);
      check(versions.current === first, "the mark is the same object after reads and writes");
      await versions.advance(["a"], "soft");
      const second = versions.current;
      check(second !== first, "the mark is another object after an invalidation");
      const { mark } = await versions.read([]);
      if (second !== undefined) {
        equal(second.epoch, mark.epoch, "its epoch, against that of a reading");
        equal(second.seq, mark.seq, "its seq, against that of a reading");
      }
    },
  },
  ({ backend, prefix = "" }) => backend.versions(`${prefix}scope`).current !== undefined,
);
