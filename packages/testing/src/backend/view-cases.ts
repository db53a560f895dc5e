import { judgeValidity } from "@cachette/core";
import { equal } from "../check.ts";
import { casesOf } from "./backend-case.ts";
import { markAfter } from "./subject.ts";

export const viewCases = casesOf(
  "views",
  {
    "shows at once what another has set or removed": (subject) =>
      subject.withAnother(async (another) => {
        await subject.set("key", "here");
        await another.holds("key", "here", "a value set here, seen there");
        await another.set("key", "there");
        await subject.holds("key", "there", "a value set there, seen here");
        equal(await subject.delete("key"), true, "delete here of what was set there");
        await another.holds("key", undefined, "a value removed here, looked for there");
      }),

    "shows at once what another has invalidated": (subject) =>
      subject.withAnother(async (another) => {
        const [here, there] = [subject.versions(), another.versions()];
        await Promise.all([here.read(["a", "b"]), there.read(["a", "b"])]);
        const mark = await markAfter(here, ["a", "b"]);
        await there.advance(["a"], "hard");
        equal(judgeValidity(mark, await here.read(["a"])), "void", "what was loaded before a purge there, judged here");
        await here.advance(["b"], "soft");
        equal(judgeValidity(mark, await there.read(["b"])), "stale", "what was loaded before a soft purge here");
      }),

    "takes a mark from another view for its own": (subject) =>
      subject.withAnother(async (another) => {
        const [here, there] = [subject.versions(), another.versions()];
        await there.advance(["a"], "hard");
        const mark = await markAfter(there, ["a"]);
        await markAfter(here, ["a"]);
        equal(judgeValidity(mark, await here.read(["a"])), "valid", "what was loaded there, judged here");
      }),

    "loses no invalidation when views invalidate at the same time": (subject) =>
      subject.withAnother(async (another) => {
        const [here, there] = [subject.versions(), another.versions()];
        await here.advance(["a"], "hard");
        const before = (await here.read(["a"])).stamps[0]?.hard ?? Number.NaN;
        await Promise.all(Array.from({ length: 40 }, (_, turn) => (turn % 2 ? here : there).advance(["a"], "hard")));
        equal((await here.read(["a"])).stamps[0]?.hard, before + 40, "the stamp after 40 invalidations, seen here");
        equal((await there.read(["a"])).stamps[0]?.hard, before + 40, "the stamp after 40 invalidations, seen there");
      }),

    "goes on when another view is closed": async (subject) => {
      await subject.set("key", "value");
      await subject.withAnother((another) => another.holds("key", "value", "a value seen from another view"));
      await subject.holds("key", "value", "a value after another view was closed");
      await subject.versions().advance(["a"], "hard");
    },
  },
  ({ another }) => another !== undefined,
);
