import { describe, expect, test } from "vitest";
import { turn } from "../../testing/src/turn.ts";
import type { HeaderFields } from "../src/http/index.ts";
import { type Answer, Site, type SiteOptions } from "./http-site.ts";

/** A handler whose runs end when they are told to. */
function held(answerOf: (run: number) => Answer | Error, options?: SiteOptions) {
  const waiting: (() => void)[] = [];
  const site: Site = new Site(async ({ header }) => {
    const run = site.runs;
    await new Promise<void>((resolve) => waiting.push(resolve));
    const answer = answerOf(run);
    if (answer instanceof Error) throw answer;
    return { body: `for ${header("x-user")}`, ...answer };
  }, options);
  return {
    site,
    ask: (count: number) =>
      Array.from({ length: count }, (_, user) => site.ask("/", { headers: { "x-user": `${user}` } })),
    /** Ends all runs that are under way, and says how many that were. */
    async release() {
      for (let turns = 0; turns < 5; turns++) await turn();
      const all = waiting.splice(0);
      for (const go of all) go();
      for (let turns = 0; turns < 5; turns++) await turn();
      return all.length;
    },
  };
}

const personal: HeaderFields = [["Cache-Control", "private"]];

describe("an answer that cannot be shared", () => {
  test("those who wait for it run on their own, all at once; who comes later does not wait at all", async () => {
    const { ask, release } = held(() => ({ fields: personal }));
    const first = ask(20);
    expect(await release()).toBe(1);
    expect(await release()).toBe(19);
    (await Promise.all(first)).forEach(({ state, body }, user) => {
      expect([state, body]).toEqual(["miss", `for ${user}`]);
    });
    const later = ask(20);
    expect(await release()).toBe(20);
    (await Promise.all(later)).forEach(({ body }, user) => {
      expect(body).toBe(`for ${user}`);
    });
  });

  test("for a while: then one leads again", async () => {
    const { site, ask, release } = held(() => ({ fields: personal }));
    const first = ask(2);
    await release();
    await release();
    await Promise.all(first);
    await site.clock.advance("9.999s");
    const within = ask(5);
    expect(await release()).toBe(5);
    await Promise.all(within);
    await site.clock.advance(1);
    const after = ask(5);
    expect(await release()).toBe(1);
    expect(await release()).toBe(4);
    await Promise.all(after);
  });

  test("nobody who waited for it: nothing to remember", async () => {
    const { ask, release } = held(() => ({ fields: personal }));
    const first = ask(1);
    await release();
    await Promise.all(first);
    const next = ask(5);
    expect(await release()).toBe(1);
    expect(await release()).toBe(4);
    await Promise.all(next);
  });

  test("as soon as one can be shared, it is", async () => {
    const { site, ask, release } = held((run) => (run <= 3 ? { fields: personal } : {}));
    const first = ask(3);
    await release();
    await release();
    await Promise.all(first);
    const next = ask(3);
    expect(await release()).toBe(3);
    await Promise.all(next);
    const last = ask(3);
    expect(await release()).toBe(0);
    for (const { state } of await Promise.all(last)) expect(state).toBe("hit");
    // And is waited for again, as soon as it is gone.
    await site.cache.clear();
    const again = ask(3);
    expect(await release()).toBe(1);
    expect((await Promise.all(again)).map(({ state }) => state)).toEqual(["miss", "hit", "hit"]);
  });

  test("other keys go on waiting", async () => {
    const { site, ask, release } = held(() => ({ fields: personal }));
    const first = ask(2);
    await release();
    await release();
    await Promise.all(first);
    const others = [site.ask("/other"), site.ask("/other")];
    expect(await release()).toBe(1);
    await release();
    await Promise.all(others);
  });

  test("a clock that is set back does not keep it in mind for long", async () => {
    const { site, ask, release } = held(() => ({ fields: personal }));
    const first = ask(2);
    await release();
    await release();
    await Promise.all(first);
    site.clock.set(site.clock.now() - 3_600_000);
    const next = ask(3);
    expect(await release()).toBe(1);
    await release();
    await Promise.all(next);
  });
});

test.each<[string, Answer | Error]>([
  ["throws", new Error("down")],
  ["answers 500", { status: 500 }],
])("a handler that %s: those who wait try on their own, once, all at once", async (_, failure) => {
  const { ask, release } = held((run) => (run === 1 ? failure : {}));
  const answers = Promise.allSettled(ask(10));
  expect(await release()).toBe(1);
  expect(await release()).toBe(9);
  const all = await answers;
  expect(all.slice(1).every(({ status }) => status === "fulfilled")).toBe(true);
});
