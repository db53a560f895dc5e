import { check, equal } from "../check.ts";
import { casesOf, type Start } from "./adapter-case.ts";
import { within } from "./client.ts";
import type { AdapterRoute } from "./harness.ts";
import { eventually, signal } from "./signal.ts";

/** In much less time than callers wait for somebody else's load. */
const soon = <T>(what: string, outcome: Promise<T>): Promise<T> => within(2500, what, outcome);

export const companyCases = casesOf("company", {
  "runs the handler once for a hundred who ask at once": async (start) => {
    let runs = 0;
    const gate = signal();
    const site = await start({
      handler: async () => {
        runs++;
        await gate.given;
        return { body: `run ${runs}` };
      },
    });
    const asked = Array.from({ length: 100 }, () => site.ask());
    await eventually(() => runs > 0, "the handler runs");
    // All of them have come in by the time that one more, not cached, has been answered.
    await site.ask("/", { method: "POST" }).catch(() => {});
    gate.give();
    const answers = await Promise.all(asked);
    equal(runs, 1, "runs of the handler");
    for (const answer of answers) equal(answer.text, "run 1", "body");
    equal(answers.filter((answer) => answer.field("x-cache") === "MISS").length, 1, "answers that say MISS");
  },

  "lets all run for themselves, at the same time, where answers are private": (start) =>
    allForThemselves(start, () => ["Cache-Control", "private"]),

  "lets all run for themselves, at the same time, where answers set cookies": (start) =>
    allForThemselves(start, (user) => ["Set-Cookie", `user=${user}`]),

  "answers 500 when the handler throws, and runs it again for the next": async (start) => {
    let runs = 0;
    const site = await start({
      handler: () => {
        if (++runs === 1) throw new Error("thrown by the handler, as the test wants it");
        return { body: `run ${runs}` };
      },
    });
    equal((await site.ask()).status, 500, "status of the first");
    const next = await soon("answer to the next", site.ask());
    equal(next.status, 200, "status of the next");
    equal(next.text, "run 2", "body of the next");
    equal((await site.ask()).field("x-cache"), "HIT", "x-cache after that");
  },

  "answers 500 when the handler rejects, and runs it again for the next": async (start) => {
    let runs = 0;
    const site = await start({
      handler: async () => {
        await Promise.resolve();
        if (++runs === 1) throw new Error("rejected by the handler, as the test wants it");
        return { body: `run ${runs}` };
      },
    });
    equal((await site.ask()).status, 500, "status of the first");
    equal((await soon("answer to the next", site.ask())).text, "run 2", "body of the next");
  },

  "keeps nobody waiting when the handler rejects": async (start) => {
    let runs = 0;
    const gate = signal();
    const site = await start({
      handler: async () => {
        if (++runs > 1) return { body: "well" };
        await gate.given;
        throw new Error("rejected by the handler, as the test wants it");
      },
    });
    const first = site.ask();
    await eventually(() => runs === 1, "the handler runs");
    const others = Array.from({ length: 5 }, () => site.ask());
    await new Promise((resolve) => setTimeout(resolve, 50));
    gate.give();
    equal((await first).status, 500, "status of the first");
    for (const answer of await soon("answers to those who waited", Promise.all(others))) {
      equal(answer.text, "well", "body of those who waited");
    }
  },

  "goes on without a client that went away before the answer": async (start) => {
    let runs = 0;
    const site = await start({
      handler: () => (++runs === 1 ? new Promise<never>(() => {}) : { body: `run ${runs}` }),
    });
    const gone = site.open();
    await eventually(() => runs === 1, "the handler runs");
    gone.vanish();
    await new Promise((resolve) => setTimeout(resolve, 50));
    const next = await soon("answer to the next", site.ask());
    equal(next.text, "run 2", "body of the next");
    equal((await site.ask()).field("x-cache"), "HIT", "x-cache after that");
  },

  "gives those who wait the answer that the first client did not stay for": async (start) => {
    let runs = 0;
    const gate = signal();
    const site = await start({
      handler: async () => {
        runs++;
        await gate.given;
        return { body: `run ${runs}` };
      },
    });
    const gone = site.open();
    await eventually(() => runs === 1, "the handler runs");
    const waiting = site.ask();
    await new Promise((resolve) => setTimeout(resolve, 50));
    gone.vanish();
    await new Promise((resolve) => setTimeout(resolve, 50));
    gate.give();
    equal((await waiting).text, "run 1", "body of the one who waited");
    equal(runs, 1, "runs of the handler");
  },

  "keeps nobody waiting for a stream that the first client did not stay for": async (start) => {
    let runs = 0;
    const gate = signal();
    const site = await start({
      handler: async () => {
        const run = ++runs;
        if (run > 1) return { body: `run ${run}` };
        await gate.given;
        const piece = new Uint8Array(64 * 1024);
        return {
          body: (async function* () {
            for (let index = 0; index < 10; index++) yield piece;
          })(),
        };
      },
    });
    const gone = site.open();
    await eventually(() => runs === 1, "the handler runs");
    const waiting = site.ask();
    await new Promise((resolve) => setTimeout(resolve, 50));
    gone.vanish();
    await new Promise((resolve) => setTimeout(resolve, 50));
    gate.give();
    equal((await soon("answer to the one who waited", waiting)).status, 200, "status of the one who waited");
  },

  "answers the others when one who waits goes away": async (start) => {
    let runs = 0;
    const gate = signal();
    const site = await start({
      handler: async () => {
        runs++;
        await gate.given;
        return { body: "x" };
      },
    });
    const first = site.ask();
    await eventually(() => runs === 1, "the handler runs");
    const gone = site.open();
    await new Promise((resolve) => setTimeout(resolve, 50));
    gone.vanish();
    await new Promise((resolve) => setTimeout(resolve, 50));
    gate.give();
    equal((await first).text, "x", "body of the first");
    const next = await site.ask();
    check(next.field("x-cache") === "HIT", "the answer was stored");
    equal(runs, 1, "runs of the handler");
  },
});

/** Twenty users on a cold key, then two more: each gets an answer of its own, and nobody waits for another more than once. */
async function allForThemselves(
  start: Start,
  mark: (user: string) => readonly [name: string, value: string],
): Promise<void> {
  const gates = [signal(), signal(), signal()];
  const begun: string[] = [];
  const handler: AdapterRoute["handler"] = async (request) => {
    const user = request.header("x-user") ?? "nobody";
    // The first, those who waited for it, those who come later.
    const gate = gates[begun.length === 0 ? 0 : begun.length < 20 ? 1 : 2];
    begun.push(user);
    await gate?.given;
    return { headers: [mark(user)], body: `for ${user}` };
  };
  // That it is read does not keep it from being stored: only what the answer says does.
  const site = await start({ routes: [{ path: "/", options: { ttl: "1m", unkeyed: ["x-user"] }, handler }] });
  const ask = (user: string) => site.ask("/", { headers: { "x-user": user } });
  const users = Array.from({ length: 20 }, (_, index) => `user ${index}`);
  const answers = users.map(ask);
  await eventually(() => begun.length > 0, "the handler runs");
  // All of them have come in by the time that one more, not cached, has been answered.
  await site.ask("/", { method: "POST" }).catch(() => {});
  equal(begun.length, 1, "runs for twenty who ask at once");
  gates[0]?.give();
  await eventually(() => begun.length === 20, "the handler runs for all the others at the same time");
  gates[1]?.give();
  for (const [index, answer] of (await Promise.all(answers)).entries()) {
    equal(answer.text, `for ${users[index]}`, "body");
    equal(answer.field("x-cache"), "MISS", "x-cache");
  }
  const later = ["one more", "another"].map(ask);
  await eventually(() => begun.length === 22, "nobody waits for such an answer soon after");
  gates[2]?.give();
  equal((await Promise.all(later)).map(({ text }) => text).join(), "for one more,for another", "bodies of those");
}
