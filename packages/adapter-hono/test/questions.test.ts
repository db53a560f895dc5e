import { describe, expect, test } from "vitest";
import { newSite, pieces } from "./stage.ts";

const revalidated = { "Cache-Control": "max-age=60", ETag: '"a"' } as const;

describe("asking the handler whether a stored answer still holds", () => {
  test("shows the cache's conditions in place of the client's, by every door of Hono", async () => {
    const { app, cached, clock, ask } = newSite();
    const seen: unknown[] = [];
    app.get("/", cached(), (c) => {
      const { headers } = c.req.raw;
      seen.push([c.req.header("if-none-match"), c.req.header()["if-none-match"], headers.get("If-None-Match")]);
      seen.push([c.req.header("if-modified-since"), headers.has("range"), c.req.header("x-note")]);
      return c.body("content", 200, revalidated);
    });
    const headers = {
      "If-None-Match": '"mine"',
      "If-Modified-Since": "yesterday",
      Range: "bytes=0-0",
      "X-Note": "kept",
    };
    await ask("/", { headers });
    await clock.advance("61s");
    await ask("/", { headers });
    expect(seen).toEqual([
      [undefined, undefined, null],
      [undefined, false, "kept"],
      ['"a"', '"a"', '"a"'],
      [undefined, false, "kept"],
    ]);
  });

  test("shows the client's conditions to what stands before it, before and after", async () => {
    const { app, cached, ask } = newSite();
    const seen: unknown[] = [];
    app.use(async (c, next) => {
      seen.push(c.req.header("if-none-match"));
      await next();
      seen.push(c.req.header("if-none-match"));
    });
    app.get("/", cached(), (c) => c.body("content", 200, revalidated));
    await ask("/", { headers: { "If-None-Match": '"mine"' } });
    expect(seen).toEqual(['"mine"', '"mine"']);
  });

  test("answers from the store when it does, on top of what was set before, with what the 304 renews", async () => {
    const { app, cached, clock, ask } = newSite();
    let requests = 0;
    app.use(async (c, next) => {
      c.header("X-Request", String(++requests));
      await next();
    });
    app.get("/", cached(), (c) => {
      if (c.req.header("if-none-match") === '"a"') return c.body(null, 304, { "Cache-Control": "max-age=600" });
      return c.text("content", 200, { ...revalidated, "X-Kept": "yes" });
    });
    await ask();
    await clock.advance("61s");
    const renewed = await ask();
    expect(renewed).toMatchObject({
      status: 200,
      body: "content",
      headers: { "x-kept": "yes", etag: '"a"', "cache-control": "max-age=600", "x-request": "2" },
    });
    expect(renewed.headers["content-type"]).toMatch(/^text\/plain/);
    await clock.advance("500s");
    expect(await ask()).toMatchObject({ body: "content", headers: { "x-cache": "HIT" } });
  });

  test("answers 304 to a client that has it already", async () => {
    const { app, cached, clock, ask } = newSite();
    app.get("/", cached(), (c) =>
      c.req.header("if-none-match") === '"a"' ? c.body(null, 304) : c.body("content", 200, revalidated),
    );
    await ask();
    await clock.advance("61s");
    expect(await ask("/", { headers: { "If-None-Match": '"a"' } })).toMatchObject({ status: 304, body: "" });
  });
});

describe("a stale answer in place of an error", () => {
  const lasting = { ttl: "1m", staleIfError: "1h" } as const;

  /** What the handler does on its second run. */
  const failures: Record<string, () => Response> = {
    "an error thrown": () => {
      throw new Error("no luck");
    },
    "something else thrown": () => {
      throw "no luck";
    },
    "a 503": () => new Response("no luck", { status: 503, headers: { "X-Broken": "yes" } }),
    "a 503 in pieces": () => new Response(pieces(["no ", "luck"]), { status: 503, headers: { "X-Broken": "yes" } }),
  };

  for (const [name, fail] of Object.entries(failures)) {
    test(`takes the place of ${name}, on top of what was set before`, async () => {
      const { app, cached, clock, ask } = newSite();
      let requests = 0;
      let runs = 0;
      app.use(async (c, next) => {
        c.header("X-Request", String(++requests));
        await next();
      });
      app.get("/", cached(lasting), (c) => {
        if (++runs === 1) return c.text("content");
        c.header("X-Broken", "yes");
        c.header("X-Request", "handler");
        return fail();
      });
      await ask();
      await clock.advance("61s");
      const { status, body, headers } = await ask();
      expect({ status, body }).toEqual({ status: 200, body: "content" });
      expect(headers).toMatchObject({ "x-cache": "STALE", "x-request": "2" });
      expect(headers["x-broken"]).toBeUndefined();
    });
  }

  test("cancels the body that it takes the place of", async () => {
    const { app, cached, clock, ask } = newSite();
    let cancelled = false;
    let runs = 0;
    app.get("/", cached(lasting), (c) => {
      if (++runs === 1) return c.text("content");
      const onCancel = () => {
        cancelled = true;
      };
      return c.body(pieces(["no luck"], { end: false, onCancel }), 503);
    });
    await ask();
    await clock.advance("61s");
    expect((await ask()).body).toBe("content");
    expect(cancelled).toBe(true);
  });

  test("lets an error through when there is nothing to stand in for it", async () => {
    const { app, cached, ask } = newSite();
    app.get("/", cached(lasting), () => {
      throw new Error("no luck");
    });
    app.get("/odd", cached(lasting), () => {
      throw "no luck";
    });
    expect(await ask()).toMatchObject({ status: 500, body: "no luck" });
    await expect(ask("/odd")).rejects.toBe("no luck");
  });
});
