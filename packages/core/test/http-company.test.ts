import { describe, expect, test } from "vitest";
import { turn } from "../../testing/src/turn.ts";
import type { HeaderFields, MissTicket } from "../src/http/index.ts";
import { type Sent, Site, type SiteOptions } from "./http-site.ts";

/** A handler whose answers are given by hand. */
function held(options?: SiteOptions) {
  const waiting: (() => void)[] = [];
  let running = 0;
  let most = 0;
  const site: Site = new Site(async (request) => {
    const fields: HeaderFields = fieldsOf();
    const body = `run ${site.runs} of ${request.header("x-user")}`;
    most = Math.max(most, ++running);
    await new Promise<void>((resolve) => waiting.push(resolve));
    running--;
    return { fields, body };
  }, options);
  let fieldsOf: () => HeaderFields = () => [];
  return {
    site,
    get most() {
      return most;
    },
    say(fields: () => HeaderFields) {
      fieldsOf = fields;
    },
    async answerAll() {
      await turn();
      const all = waiting.splice(0);
      for (const answer of all) answer();
      await turn();
      return all.length;
    },
  };
}

const asked = (site: Site, count: number): Promise<Sent>[] =>
  Array.from({ length: count }, (_, user) => site.ask("/", { headers: { "x-user": String(user) } }));

async function missOf(site: Site): Promise<MissTicket> {
  const ticket = await site.begin("/");
  if (ticket.state !== "miss") throw new Error(`a miss was expected, not ${ticket.state}`);
  return ticket;
}

describe("a hundred requests at once", () => {
  test("one run for all, and the same answer", async () => {
    const { site, answerAll } = held();
    const answers = asked(site, 100);
    expect(await answerAll()).toBe(1);
    const all = await Promise.all(answers);
    expect(all.map(({ state }) => state)).toEqual(["miss", ...Array(99).fill("hit")]);
    expect(new Set(all.map(({ body }) => body))).toEqual(new Set(["run 1 of 0"]));
    expect(site.cache.counters()).toMatchObject({ shared: 99 });
  });

  test.each<[string, HeaderFields]>([
    ["private", [["Cache-Control", "private"]]],
    ["no-store", [["Cache-Control", "no-store"]]],
    ["Set-Cookie", [["Set-Cookie", "a=b"]]],
    ["Vary", [["Vary", "X-User"]]],
  ])("an answer with %s is nobody else's: each has its own run, all at once", async (_, fields) => {
    const company = held();
    company.say(() => fields);
    const answers = asked(company.site, 100);
    expect(await company.answerAll()).toBe(1);
    expect(await company.answerAll()).toBe(99);
    const all = await Promise.all(answers);
    expect(new Set(all.map(({ body }) => body)).size).toBe(100);
    all.forEach(({ body, state }, user) => {
      expect(state).toBe("miss");
      expect(body).toMatch(new RegExp(`of ${user}$`));
    });
    expect(company.most).toBe(99);
  });

  test("the conditions of each are met for each", async () => {
    const { site, answerAll, say } = held();
    say(() => [["ETag", '"a"']]);
    const leader = site.ask("/", { headers: { "if-none-match": '"a"' } });
    const others = [undefined, '"a"', '"b"'].map((tag) =>
      site.ask("/", tag === undefined ? {} : { headers: { "if-none-match": tag } }),
    );
    await answerAll();
    const statuses = (await Promise.all([leader, ...others])).map(({ status }) => status);
    expect(statuses).toEqual([304, 200, 304, 200]);
  });

  test("other keys do not wait", async () => {
    const { site, answerAll } = held();
    const answers = ["/a", "/b", "/?a"].map((url) => site.ask(url));
    expect(await answerAll()).toBe(3);
    await Promise.all(answers);
  });
});

describe("a leader that comes to nothing", () => {
  test("abandon frees the key and those who wait", async () => {
    const { site, answerAll } = held();
    const leader = await missOf(site);
    const answers = asked(site, 3);
    await turn();
    leader.abandon();
    expect(await answerAll()).toBe(3);
    for (const { state } of await Promise.all(answers)) expect(state).toBe("miss");
    expect(await site.ask("/")).toMatchObject({ state: "hit" });
  });

  test("abandon frees the key for the next one", async () => {
    const site = new Site(() => ({ body: "a" }));
    (await missOf(site)).abandon();
    expect(await site.ask("/")).toMatchObject({ state: "miss" });
    expect(await site.ask("/")).toMatchObject({ state: "hit" });
  });

  test("only the first end of a ticket counts", async () => {
    const site = new Site(() => ({ body: "own" }));
    const ticket = await missOf(site);
    ticket.commit({ status: 200, fields: [] }, Buffer.from("first"));
    ticket.abandon();
    ticket.clientGone();
    ticket.commit({ status: 200, fields: [] }, Buffer.from("second"));
    const { capture } = ticket.stream({ status: 200, fields: [] });
    expect(capture).toBeUndefined();
    expect(await site.ask("/")).toMatchObject({ state: "hit", body: "first" });
    expect(site.cache.counters().stores).toBe(1);
    expect(site.cache.counters().refusals).toEqual({});

    const abandoned = await site.begin("/b");
    if (abandoned.state !== "miss") throw new Error("a miss was expected");
    abandoned.abandon();
    abandoned.commit({ status: 200, fields: [] }, Buffer.from("late"));
    abandoned.commit({ status: 500, fields: [] }, Buffer.from("later"));
    expect(site.cache.counters().stores).toBe(1);
    expect(site.cache.counters().refusals).toEqual({});
    expect(await site.ask("/b")).toMatchObject({ state: "miss" });
  });

  test("its client is gone and nobody waits: the key is free, what still comes is not stored", async () => {
    const site = new Site(() => ({ body: "own" }));
    const ticket = await missOf(site);
    ticket.clientGone();
    expect(await site.ask("/")).toMatchObject({ state: "miss", body: "own" });
    ticket.commit({ status: 200, fields: [] }, Buffer.from("late"));
    expect(await site.ask("/")).toMatchObject({ state: "hit", body: "own" });
  });

  test("its client is gone and others wait: they get its answer, which is stored", async () => {
    const { site } = held();
    const ticket = await missOf(site);
    const answers = asked(site, 3);
    await turn();
    ticket.clientGone();
    ticket.commit({ status: 200, fields: [] }, Buffer.from("for all"));
    for (const answer of await Promise.all(answers)) expect(answer).toMatchObject({ state: "hit", body: "for all" });
    expect(site.runs).toBe(0);
    expect(await site.ask("/")).toMatchObject({ state: "hit", body: "for all" });
  });

  test("its client is gone, others wait, and the handler fails after all", async () => {
    const { site, answerAll } = held();
    const ticket = await missOf(site);
    const answers = asked(site, 3);
    await turn();
    ticket.clientGone();
    ticket.abandon();
    expect(await answerAll()).toBe(3);
    await Promise.all(answers);
  });

  test("it takes too long: those who wait go on by themselves", async () => {
    const { site, answerAll } = held({ cache: { patience: "5s" } });
    await missOf(site);
    const answers = asked(site, 3);
    await turn();
    await site.clock.advance("5s");
    expect(await answerAll()).toBe(3);
    for (const { state } of await Promise.all(answers)) expect(state).toBe("miss");
  });
});

describe("a purge while the handler runs", () => {
  const purges: [string, (site: Site) => Promise<void>][] = [
    ["of all", (site) => site.cache.clear()],
    ["of the namespace", (site) => site.cache.clear({ namespace: "n" })],
    ["of a fixed tag", (site) => site.cache.invalidateTags(["fixed"])],
  ];

  for (const tags of [["fixed"], () => ["fixed"]]) {
    test.each(purges)(`%s wins over what began before it (${typeof tags})`, async (_, purge) => {
      const { site, answerAll } = held({ route: { ttl: "1m", namespace: "n", tags } });
      const before = site.ask("/", { headers: { "x-user": "before" } });
      await turn();
      await purge(site);
      const after = site.ask("/", { headers: { "x-user": "after" } });
      await answerAll();
      await answerAll();
      expect(await before).toMatchObject({ state: "miss", body: "run 1 of before" });
      expect((await after).body).toBe("run 2 of after");
      expect(await site.ask("/")).toMatchObject({ state: "hit", body: "run 2 of after" });
    });
  }
});
