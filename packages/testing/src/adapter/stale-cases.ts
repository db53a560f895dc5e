import { check, equal } from "../check.ts";
import { casesOf, type Start } from "./adapter-case.ts";
import type { Received } from "./client.ts";
import type { AdapterAnswer, AdapterRoute } from "./harness.ts";
import { eventually, signal } from "./signal.ts";
import type { Site } from "./site.ts";

/** Ten seconds fresh, and then stale for twenty. */
const ttl = "10s";
const refreshed: AdapterRoute["options"] = { ttl, staleWhileRevalidate: "20s" };
const lenient: AdapterRoute["options"] = { ttl, staleIfError: "20s" };

/** One who counts how often the handler runs, with time in hand. */
interface Staged {
  readonly site: Site;
  readonly runs: () => number;
}

/** A route whose answers are numbered; what run 2 and those after it answer is up to `then`. */
async function staged(
  start: Start,
  options: AdapterRoute["options"],
  then: (run: number) => AdapterAnswer | Promise<AdapterAnswer> = (run) => ({ body: `run ${run}` }),
): Promise<Staged> {
  let runs = 0;
  const handler = () => (++runs === 1 ? { body: "run 1" } : then(runs));
  const site = await start({ time: "manual", routes: [{ path: "/", options, handler }] });
  expects(await site.ask(), "MISS", "run 1", "the first");
  await site.clock.advance("9s");
  expects(await site.ask(), "HIT", "run 1", "while it is fresh");
  await site.clock.advance("2s");
  return { site, runs: () => runs };
}

const failures: Readonly<Record<string, { readonly status: number; readonly fail: () => AdapterAnswer }>> = {
  "is thrown": {
    status: 500,
    fail: () => {
      throw new Error("thrown by the handler, as the test wants it");
    },
  },
  "is answered": { status: 503, fail: () => ({ status: 503, body: "later" }) },
};

export const staleCases = casesOf("stale", {
  "serves what is stale without delay, and asks anew once for a hundred": async (start) => {
    const gate = signal();
    const { site, runs } = await staged(start, refreshed, async (run) => {
      await gate.given;
      return { body: `run ${run}` };
    });
    // They are answered while the handler is not done yet.
    const answers = await Promise.all(Array.from({ length: 100 }, () => site.ask()));
    for (const answer of answers) expects(answer, "STALE", "run 1", "while the handler runs");
    await eventually(() => runs() === 2, "the handler runs behind it");
    gate.give();
    expects(await after(site, "STALE"), "HIT", "run 2", "when it has been asked anew");
    equal(runs(), 2, "runs of the handler");
  },

  "serves nothing that is stale for longer than it may be": async (start) => {
    const { site } = await staged(start, refreshed);
    await site.clock.advance("20s");
    expects(await site.ask(), "MISS", "run 2", "after its time");
  },

  ...each(failures, (name, { status, fail }) => ({
    [`keeps what is stale when an error ${name} behind it, and does not try again at once`]: async (start) => {
      const { site, runs } = await staged(start, refreshed, fail);
      expects(await site.ask(), "STALE", "run 1", "at first");
      await eventually(() => runs() === 2, "the handler runs behind it");
      await shortly();
      for (let turn = 0; turn < 3; turn++) expects(await site.ask(), "STALE", "run 1", "after the error");
      await shortly();
      equal(runs(), 2, "runs of the handler within a second");
      await site.clock.advance("2s");
      expects(await site.ask(), "STALE", "run 1", "a while later");
      await eventually(() => runs() === 3, "the handler runs once more");
      await shortly();
      await site.clock.advance("20s");
      equal((await site.ask()).status, status, "status when its time is over");
    },

    [`serves what is stale in place of an error that ${name}, and then the error`]: async (start) => {
      const { site, runs } = await staged(start, lenient, (run) => (run < 5 ? fail() : { body: `run ${run}` }));
      for (const run of [2, 3]) {
        const answer = await site.ask();
        expects(answer, "STALE", "run 1", "in place of an error");
        equal(runs(), run, "runs of the handler");
      }
      await site.clock.advance("20s");
      const error = await site.ask();
      equal(error.status, status, "status when its time is over");
      check(error.field("x-cache") !== "STALE", "an error is not called stale");
      expects(await site.ask(), "MISS", "run 5", "when the handler is well again");
    },
  })),

  ...each({ private: "private", "no-store": "no-store" }, (name, value) => ({
    [`forgets what is stale when the new answer is ${name}`]: async (start) => {
      const { site } = await staged(start, refreshed, (run) => ({
        headers: [["Cache-Control", value]],
        body: `run ${run}`,
      }));
      expects(await site.ask(), "STALE", "run 1", "at first");
      expects(await after(site, "STALE"), "MISS", "run 3", "after that");
      expects(await site.ask(), "MISS", "run 4", "and again");
    },
  })),
});

type Bodies = Parameters<typeof casesOf>[1];

function each<Value>(values: Readonly<Record<string, Value>>, body: (name: string, value: Value) => Bodies): Bodies {
  return Object.assign({}, ...Object.entries(values).map(([name, value]) => body(name, value)));
}

function expects(answer: Received, shown: string, body: string, when: string): void {
  equal(answer.text, body, `body ${when}`);
  equal(answer.field("x-cache"), shown, `x-cache ${when}`);
  equal(answer.status, 200, `status ${when}`);
}

/** The first answer that says something else. */
async function after(site: Site, shown: string): Promise<Received> {
  const end = performance.now() + 2000;
  for (;;) {
    const answer = await site.ask();
    if (answer.field("x-cache") !== shown) return answer;
    if (performance.now() > end) throw new Error(`Still ${shown} after 2 s`);
    await shortly();
  }
}

/** Long enough for what happens behind an answer, if something does. */
function shortly(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 20));
}
