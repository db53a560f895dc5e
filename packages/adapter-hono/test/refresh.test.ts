import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { getRequestListener } from "@hono/node-server";
import { type ExecutionContext, Hono } from "hono";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { honoCache } from "../src/index.ts";
import { answerOf, newSite, pieces, type Site, signal } from "./stage.ts";

const stale = { ttl: "1m", staleWhileRevalidate: "1h" } as const;

/** Asks until the answer is `body`. */
async function until({ ask }: Site, body: string): Promise<void> {
  await vi.waitFor(async () => expect((await ask()).body).toBe(body));
}

/** A site with a stale answer, whose handler does `again` when it runs once more. */
async function staleSite(again: (request: Request) => Response | Promise<Response>, options = {}): Promise<Site> {
  const site = newSite();
  let runs = 0;
  site.app.get("/", site.cached({ ...stale, ...options }), (c) => {
    runs++;
    return runs === 2 ? again(c.req.raw) : c.text(`run ${runs}`);
  });
  await site.ask();
  await site.clock.advance("61s");
  return site;
}

describe("a refresh in the background", () => {
  test("does not hold the reply back, and runs once however many ask", async () => {
    const go = signal();
    let runs = 0;
    const site = await staleSite(async () => {
      runs++;
      await go.done;
      return new Response("new");
    });
    for (const answer of await Promise.all(Array.from({ length: 100 }, () => site.ask()))) {
      expect(answer).toMatchObject({ body: "run 1", headers: { "x-cache": "STALE" } });
    }
    go.set();
    await until(site, "new");
    expect((await site.ask()).headers["x-cache"]).toBe("HIT");
    expect(runs).toBe(1);
  });

  test("begins when the reply is on its way", async () => {
    const order: string[] = [];
    const site = await staleSite(() => {
      order.push("refresh");
      return new Response("new");
    });
    await site.ask();
    order.push("reply");
    await until(site, "new");
    expect(order).toEqual(["reply", "refresh"]);
  });

  test("runs what stands before the cache too, and is as the request was", async () => {
    const site = newSite();
    const seen: unknown[] = [];
    let runs = 0;
    site.app.use(async (c, next) => {
      seen.push([c.req.method, c.req.url, c.req.header("x-note"), c.env]);
      await next();
    });
    site.app.get("/items/:id", site.cached(stale), (c) => c.json([c.req.param("id"), c.req.query("a"), ++runs]));
    const env = { binding: {} };
    const ask = async () => {
      const request = new Request("http://localhost/items/1?a=%2F", { headers: { "X-Note": "hello" } });
      return answerOf(await site.app.fetch(request, env));
    };
    await ask();
    await site.clock.advance("61s");
    expect((await ask()).body).toBe('["1","/",1]');
    await vi.waitFor(async () => expect((await ask()).body).toBe('["1","/",2]'));
    const once = ["GET", "http://localhost/items/1?a=%2F", "hello", env];
    // The first request, the one that was answered with the stale answer, and its run in the background at least.
    expect(seen.length).toBeGreaterThan(3);
    for (const visit of seen) expect(visit).toEqual(once);
  });

  test("asks the handler whether the stored answer still holds", async () => {
    const site = newSite();
    const asked: unknown[] = [];
    site.app.get("/", site.cached(stale), (c) => {
      const condition = c.req.header("if-none-match");
      asked.push([condition, c.req.header("range")]);
      return condition === '"a"' ? c.body(null, 304) : c.text("content", 200, { ETag: '"a"' });
    });
    await site.ask();
    await site.clock.advance("61s");
    await site.ask("/", { headers: { "If-None-Match": '"mine"', Range: "bytes=0-1" } });
    await vi.waitFor(async () => expect((await site.ask()).headers["x-cache"]).toBe("HIT"));
    expect(asked).toEqual([
      [undefined, undefined],
      ['"a"', undefined],
    ]);
    expect(await site.ask()).toMatchObject({ status: 200, body: "content" });
  });

  test("takes an answer that comes in pieces", async () => {
    const site = await staleSite(() => new Response(pieces(["in ", "pieces"])));
    await site.ask();
    await until(site, "in pieces");
  });

  const unwanted = { "Cache-Control": "no-store" };
  const big = pieces.bind(undefined, ["x".repeat(60), "x".repeat(60)]);
  const endless: Record<string, (onCancel: () => void) => Response> = {
    "is not to be stored": (onCancel) => new Response(pieces(["a"], { end: false, onCancel }), { headers: unwanted }),
    "is too large": (onCancel) => new Response(big({ end: false, onCancel })),
  };
  for (const [name, respond] of Object.entries(endless)) {
    test(`reads no further when the answer ${name}`, async () => {
      const cancelled = signal();
      const site = await staleSite(() => respond(cancelled.set), { maxBodyBytes: 100 });
      await site.ask();
      await cancelled.done;
    });
  }

  const failures: Record<string, () => Response | Promise<Response>> = {
    "throws an error": () => {
      throw new Error("no luck");
    },
    "throws something else": () => {
      throw "no luck";
    },
    "answers with an error": () => new Response("no luck", { status: 500 }),
    "breaks off": () => new Response(new ReadableStream({ pull: () => Promise.reject(new Error("no luck")) })),
  };
  for (const [name, fail] of Object.entries(failures)) {
    test(`leaves the stale answer alone when it ${name}, and is tried again later`, async () => {
      const failed = signal();
      const site = await staleSite(() => {
        failed.set();
        return fail();
      });
      await site.ask();
      await failed.done;
      await new Promise((resolve) => setTimeout(resolve, 20));
      expect((await site.ask()).body).toBe("run 1");
      await site.clock.advance("2s");
      await site.ask();
      await until(site, "run 3");
    });
  }

  test("is not ended by the client who goes away", async () => {
    const go = signal();
    const aborted: boolean[] = [];
    const site = await staleSite(async ({ signal }) => {
      await go.done;
      aborted.push(signal.aborted);
      return new Response("new");
    });
    const client = new AbortController();
    await site.ask("/", { signal: client.signal });
    client.abort();
    go.set();
    await until(site, "new");
    expect(aborted).toEqual([false]);
  });

  test("does not stop at another cache on its way", async () => {
    const site = newSite();
    let runs = 0;
    site.app.use(site.cached({ ttl: "10m", namespace: "outer", vary: ["x-outer"] }));
    site.app.get("/", site.cached(stale), (c) => c.text(`run ${++runs}`));
    const ask = (outer: string) => site.ask("/", { headers: { "X-Outer": outer } });
    await ask("a");
    await site.clock.advance("61s");
    // The outer one has nothing for this yet; the inner one has, and it is stale.
    expect((await ask("b")).body).toBe("run 1");
    await vi.waitFor(() => expect(runs).toBe(2));
    await vi.waitFor(async () => expect((await ask(crypto.randomUUID())).body).toBe("run 2"));
    expect(runs).toBe(2);
  });

  test("is tried again later when it does not get as far as the cache", async () => {
    const site = newSite();
    let runs = 0;
    let refused = 0;
    let open = true;
    site.app.use(async (c, next) => {
      if (open) return next();
      refused++;
      return c.text("closed", 403);
    });
    site.app.get("/", site.cached(stale), (c) => c.text(`run ${++runs}`));
    await site.ask();
    await site.clock.advance("61s");
    const answer = site.ask();
    open = false;
    await answer;
    await vi.waitFor(() => expect(refused).toBe(1));
    open = true;
    await site.clock.advance("2s");
    await until(site, "run 2");
  });

  test("reaches the cache in an application inside of another", async () => {
    const site = newSite();
    let runs = 0;
    const inner = new Hono().get("/", site.cached(stale), (c) => c.text(`run ${++runs}`));
    site.app.route("/shop", inner);
    await site.ask("/shop");
    await site.clock.advance("61s");
    expect((await site.ask("/shop")).body).toBe("run 1");
    await vi.waitFor(async () => expect((await site.ask("/shop")).body).toBe("run 2"));
  });

  test("runs behind @hono/node-server, when the client's connection is long closed", async () => {
    const site = newSite();
    const go = signal();
    const seen: unknown[] = [];
    let runs = 0;
    site.app.get("/", site.cached({ ...stale, unkeyed: ["x-note"] }), async (c) => {
      if (++runs === 2) await go.done;
      seen.push([c.req.header("x-note"), c.req.raw.signal.aborted]);
      return c.text(`run ${runs}`);
    });
    const server = createServer(getRequestListener(site.app.fetch));
    onTestFinished(() => void server.close());
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    const ask = async () => {
      const headers = { Connection: "close", "X-Note": "hello" };
      return (await fetch(`http://127.0.0.1:${port}/`, { headers })).text();
    };
    await ask();
    await site.clock.advance("61s");
    expect(await ask()).toBe("run 1");
    await vi.waitFor(() => expect(runs).toBe(2));
    await new Promise((resolve) => setTimeout(resolve, 20));
    go.set();
    await vi.waitFor(async () => expect(await ask()).toBe("run 2"));
    expect(seen).toEqual([
      ["hello", false],
      ["hello", false],
    ]);
  });

  test("keeps the process for it, where there is a way to", async () => {
    const site = newSite();
    let runs = 0;
    const contexts: unknown[] = [];
    site.app.get("/", site.cached(stale), (c) => {
      contexts.push(c.executionCtx);
      return c.text(`run ${++runs}`);
    });
    const kept: Promise<unknown>[] = [];
    const context: ExecutionContext = {
      waitUntil: (promise) => kept.push(promise),
      passThroughOnException: () => {},
      props: {},
    };
    const ask = async () => answerOf(await site.app.request("/", {}, {}, context));
    await ask();
    await site.clock.advance("61s");
    await ask();
    expect(kept).toHaveLength(1);
    expect(runs).toBe(1);
    await kept[0];
    expect(await ask()).toMatchObject({ body: "run 2", headers: { "x-cache": "HIT" } });
    expect(contexts).toEqual([context, context]);
  });
});

describe("without an application", () => {
  test("serves the stale answer to the end of its time", async () => {
    const site = newSite();
    let runs = 0;
    site.app.get("/", honoCache(site.cache)(stale), (c) => c.text(`run ${++runs}`));
    await site.ask();
    await site.clock.advance("61s");
    for (const wait of ["2s", "50m"] as const) {
      expect(await site.ask()).toMatchObject({ body: "run 1", headers: { "x-cache": "STALE" } });
      await new Promise((resolve) => setTimeout(resolve, 10));
      await site.clock.advance(wait);
    }
    expect(runs).toBe(1);
    await site.clock.advance("1h");
    expect((await site.ask()).body).toBe("run 2");
  });

  test("says so when it is something else", () => {
    const { cache } = newSite();
    // @ts-expect-error An application has a `fetch`.
    expect(() => honoCache(cache, { app: {} })).toThrow(/app/);
  });
});
