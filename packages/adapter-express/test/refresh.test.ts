import { IncomingMessage, ServerResponse } from "node:http";
import { Socket } from "node:net";
import { Readable } from "node:stream";
import express, { type NextFunction, type Request, type RequestHandler, type Response } from "express";
import { afterEach, describe, expect, test, vi } from "vitest";
import { quietApp, type Site, signal, startSite } from "./stage.ts";

const stale = { ttl: "1m", staleWhileRevalidate: "1h" } as const;

/** Asks until the answer is `body`. */
async function until(site: Site, body: string, path?: string): Promise<void> {
  await vi.waitFor(async () => expect((await site.ask(path)).body).toBe(body));
}

/** A site with a stale answer, whose handler does `again` when it runs once more. */
async function staleSite(again: (request: Request, response: Response, next: NextFunction) => unknown): Promise<Site> {
  let runs = 0;
  const site = await startSite((cached) =>
    express().get("/", cached(stale), (request, response, next) => {
      if (++runs === 2) return again(request, response, next);
      response.send(`run ${runs}`);
    }),
  );
  await site.ask();
  await site.clock.advance("61s");
  return site;
}

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

describe("a refresh in the background", () => {
  test("does not hold the reply back, and runs once however many ask", async () => {
    const go = signal();
    let runs = 0;
    const site = await startSite((cached) =>
      quietApp().get("/", cached(stale), async (_request, response) => {
        if (++runs === 2) await go.done;
        response.send(`run ${runs}`);
      }),
    );
    await site.ask();
    await site.clock.advance("61s");
    for (let count = 0; count < 5; count++) {
      expect(await site.ask()).toMatchObject({ body: "run 1", headers: { "x-cache": "STALE" } });
    }
    expect(runs).toBe(2);
    go.set();
    await until(site, "run 2");
    expect((await site.ask()).headers["x-cache"]).toBe("HIT");
    expect(runs).toBe(2);
  });

  test("shows all that runs in it the same request, and real objects", async () => {
    const seen: unknown[] = [];
    const look: RequestHandler = (request, response, next) => {
      const { method, originalUrl, headers, rawHeaders, headersDistinct, httpVersion, ip, protocol, query } = request;
      seen.push({ method, originalUrl, headers, rawHeaders, headersDistinct, httpVersion, ip, protocol, query });
      seen.push([request instanceof IncomingMessage, response instanceof ServerResponse]);
      seen.push([request.socket instanceof Socket, response.req === request]);
      next();
    };
    const router = express.Router().get("/:name", (request, response) => {
      seen.push([request.baseUrl, request.url, request.params.name, request.app.get("title")]);
      response.cookie("a", "b").clearCookie("a").removeHeader("set-cookie");
      response.json({ run: seen.length });
    });
    const site = await startSite((cached) => {
      const inner = quietApp().set("title", "inner").use(look).use("/items", cached(stale), router);
      return quietApp().set("title", "outer").use("/shop", look, inner);
    });
    const path = "/shop/items/1?a=%2F&b";
    const headers = { "X-Note": "hello", "If-None-Match": '"other"' };
    const first = await site.ask(path, { headers });
    await site.clock.advance("61s");
    expect((await site.ask(path, { headers })).body).toBe(first.body);
    await vi.waitFor(async () => expect((await site.ask(path, { headers })).body).not.toBe(first.body));
    // The first run, the visit that got the stale answer, and the run in the background.
    const once = seen.slice(0, 7);
    expect(seen.slice(13, 20)).toEqual(once);
    expect(once[6]).toEqual(["/shop/items", "/1?a=%2F&b", "1", "inner"]);
    expect([once[1], once[2]]).toEqual([
      [true, true],
      [true, true],
    ]);
  });

  test("asks the handler whether the stored answer still holds", async () => {
    const asked: unknown[] = [];
    const site = await startSite((cached) =>
      quietApp().get("/", cached(stale), (request, response) => {
        asked.push(request.get("if-none-match"));
        response.set("ETag", '"a"').send("content");
      }),
    );
    await site.ask();
    await site.clock.advance("61s");
    await site.ask("/", { headers: { "If-None-Match": '"mine"' } });
    await vi.waitFor(async () => expect((await site.ask()).headers["x-cache"]).toBe("HIT"));
    expect(asked).toEqual([undefined, '"a"']);
    expect(await site.ask()).toMatchObject({ status: 200, body: "content" });
  });

  test("takes an answer that comes in pieces", async () => {
    const site = await staleSite((_request, response) => {
      response.type("text").write("in ");
      setTimeout(() => response.end("pieces"), 10);
    });
    await site.ask();
    await until(site, "in pieces");
  });

  test("takes an answer of any length from what waits for room", async () => {
    const piece = "0123456789abcdef".repeat(4096);
    const site = await staleSite((_request, response) => {
      Readable.from(Array.from({ length: 10 }, () => piece)).pipe(response.type("text"));
    });
    await site.ask();
    await vi.waitFor(async () => expect((await site.ask()).body === piece.repeat(10)).toBe(true));
  });

  const failures: Record<string, (request: Request, response: Response, next: NextFunction) => unknown> = {
    "throws at once": () => {
      throw new Error("no luck");
    },
    rejects: async () => {
      throw new Error("no luck");
    },
    "throws in the midst of its answer": (_request, response) => {
      response.write("half");
      throw new Error("no luck");
    },
    "destroys its answer": (_request, response) => response.destroy(new Error("no luck")),
    "destroys its request": (request) => request.destroy(new Error("no luck")),
    "writes after the end": (_request, response) => {
      response.status(503).end();
      response.write("more");
    },
  };
  for (const [name, fail] of Object.entries(failures)) {
    test(`that ${name} leaves the stored answer as it was, says nothing, and is made up for later`, async () => {
      const printed = vi.spyOn(console, "error").mockImplementation(() => {});
      const ended = signal();
      const site = await staleSite((request, response, next) => {
        response.on("close", ended.set);
        return fail(request, response, next);
      });
      expect((await site.ask()).body).toBe("run 1");
      await ended.done;
      expect((await site.ask()).body).toBe("run 1");
      await site.clock.advance("5m");
      expect((await site.ask()).body).toBe("run 1");
      await until(site, "run 3");
      expect(printed).not.toHaveBeenCalled();
    });
  }

  test("ends when nobody wants the rest", async () => {
    const closed = signal();
    const site = await staleSite((_request, response) => {
      const timer = setInterval(() => response.write(Buffer.alloc(300_000)), 1);
      response.on("close", () => {
        clearInterval(timer);
        closed.set();
      });
    });
    await site.ask();
    await closed.done;
  });

  test("ends when it takes too long", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const begun = signal();
    const closed = signal();
    const site = await staleSite((_request, response) => {
      response.on("close", closed.set);
      begun.set();
    });
    await site.ask();
    await begun.done;
    vi.advanceTimersByTime(60_000);
    await closed.done;
    await site.clock.advance("5m");
    await site.ask();
    vi.useRealTimers();
    await until(site, "run 3");
  });

  test("does not run without an application, and does not stand in the way of a later load", async () => {
    let runs = 0;
    const site = await startSite((cached) => {
      const router = express.Router().get("/", cached(stale), (_request, response) => {
        response.end(`run ${++runs}`);
      });
      return (request, response) => router(request as Request, response as Response, () => response.end());
    });
    await site.ask();
    await site.clock.advance("61s");
    expect((await site.ask()).body).toBe("run 1");
    await site.clock.advance("5m");
    expect((await site.ask()).body).toBe("run 1");
    expect(runs).toBe(1);
    await site.clock.advance("2h");
    expect((await site.ask()).body).toBe("run 2");
  });

  test("takes no answer from another place, if targets are changed in front of the application", async () => {
    const seen: string[] = [];
    const site = await startSite((cached) => {
      const app = quietApp().use(cached(stale), (request, response) => {
        seen.push(request.url);
        response.send(`at ${request.url}`);
      });
      return (request, response) => {
        Object.assign(request, { originalUrl: request.url, url: request.url?.replace("/outer", "") });
        app(request, response);
      };
    });
    await site.ask("/outer/x");
    await site.clock.advance("61s");
    await site.ask("/outer/x");
    await vi.waitFor(() => expect(seen).toEqual(["/x", "/outer/x"]));
    await site.clock.advance("5m");
    expect((await site.ask("/outer/x")).body).toBe("at /x");
  });

  test("passes other caches on its way untouched", async () => {
    let runs = 0;
    const site = await startSite((cached) =>
      quietApp()
        .use(cached({ namespace: "outer", ttl: 0 }))
        .get("/", cached({ ...stale, namespace: "inner" }), (_request, response) => response.send(`run ${++runs}`)),
    );
    await site.ask();
    await site.clock.advance("61s");
    expect((await site.ask()).body).toBe("run 1");
    await until(site, "run 2");
    expect(runs).toBe(2);
  });
});
