import { connect as connectHttp2, createServer as createHttp2Server } from "node:http2";
import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { isCachetteError } from "@cachette/core";
import { type HttpBindings, type ServerType, serve } from "@hono/node-server";
import { RESPONSE_ALREADY_SENT } from "@hono/node-server/utils/response";
import { type Context, Hono } from "hono";
import { expect, onTestFinished, test, vi } from "vitest";
import { honoCache, purge } from "../src/index.ts";
import { putClassesBack } from "./platform-classes.ts";
import { newSite, type Site } from "./site.ts";
import { newSite as newStage } from "./stage.ts";

const conditions = { "If-None-Match": '"a"', Range: "bytes=0-0", "If-Modified-Since": "Thu, 01 Jan 2026 00:00:00 GMT" };

interface ServerOptions {
  readonly overrideGlobalObjects?: boolean;
  readonly createServer?: typeof createHttp2Server;
}

async function listen({ app }: Pick<Site, "app">, options: ServerOptions = {}): Promise<number> {
  putClassesBack();
  return new Promise((resolve) => {
    const server: ServerType = serve({ ...options, fetch: app.fetch, port: 0, hostname: "127.0.0.1" }, ({ port }) =>
      resolve(port),
    );
    onTestFinished(() => {
      server.close();
    });
  });
}

/** Sends a request as it is, and gives all that comes. */
function exchange(port: number, request: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1", () => socket.write(request));
    let text = "";
    socket.setEncoding("utf8").on("data", (piece) => {
      text += piece;
    });
    socket.on("end", () => resolve(text)).on("error", reject);
  });
}

test("wrong options throw when the route is defined", () => {
  const { cache } = newSite();
  const invalid = expect.toSatisfy((error: unknown) => isCachetteError(error, "OPTION_INVALID"));
  expect(() => honoCache(cache, { ttl: "soon" as "1s" })).toThrow(invalid);
  expect(() => honoCache(cache)({ tll: "1s" } as object)).toThrow(invalid);
  expect(() => purge(cache, {} as { authorize: () => boolean })).toThrow(invalid);
  expect(honoCache(cache)().name).toBe("cachette");
});

function seen(c: Context): unknown[] {
  const { raw } = c.req;
  return [
    c.req.header("If-None-Match"),
    c.req.header().range,
    raw.headers.get("if-modified-since"),
    [...raw.headers.keys()].filter((name) => /^(if-|range)/.test(name)).length,
    c.req.header("X-Note"),
  ];
}

test("the handler sees a request without conditions, and all else of it; those before and after see the real one", async () => {
  const { app, cached } = newSite<{ Bindings: { answer: number } }>();
  const views: Record<string, unknown> = {};
  const abort = new AbortController();
  app.use(async (c, next) => {
    const { raw } = c.req;
    views.before = seen(c);
    await next();
    views.after = seen(c);
    expect(c.req.raw).toBe(raw);
  });
  app.get("/:id", cached, async (c) => {
    views.handler = seen(c);
    const { raw } = c.req;
    views.rest = [raw instanceof Request, raw.url, raw.method, c.req.param("id"), c.req.query("q"), c.env.answer];
    expect(raw.clone().headers.get("range")).toBeNull();
    expect(new Request(raw).headers.get("x-note")).toBe("n");
    abort.abort();
    views.aborted = raw.signal.aborted;
    return c.text("x");
  });
  const headers = { ...conditions, "X-Note": "n" };
  const answer = await app.request("/7?q=1", { headers, signal: abort.signal }, { answer: 42 });
  expect(answer.status).toBe(200);
  expect(views.handler).toEqual([undefined, undefined, null, 0, "n"]);
  expect(views.rest).toEqual([true, "http://localhost/7?q=1", "GET", "7", "1", 42]);
  expect(views.aborted).toBe(true);
  expect(views.before).toEqual(['"a"', "bytes=0-0", conditions["If-Modified-Since"], 3, "n"]);
  expect(views.after).toEqual(views.before);
});

test.each([true, false])(
  "the same on @hono/node-server, with its own classes as globals: %s",
  async (overrideGlobalObjects) => {
    const site = newSite();
    let view: unknown[] = [];
    site.app.get("/", site.cached, (c) => {
      view = seen(c);
      return c.text("x", 200, { "Cache-Control": "max-age=60" });
    });
    const port = await listen(site, { overrideGlobalObjects });
    const url = `http://127.0.0.1:${port}/`;
    const first = await fetch(url, { headers: { ...conditions, "X-Note": "n" } });
    expect([first.status, await first.text()]).toEqual([200, "x"]);
    expect(view).toEqual([undefined, undefined, null, 0, "n"]);
    expect((await fetch(url)).headers.get("x-cache")).toBe("HIT");
  },
);

test.each([true, false])("the same once more in the background, with its own classes as globals: %s", async (own) => {
  const site = newStage();
  let runs = 0;
  site.app.get("/", site.cached({ ttl: "1m", staleWhileRevalidate: "1m", unkeyed: ["x-note"] }), (c) =>
    c.text(`run ${++runs} for ${c.req.header("X-Note")}, ${c.req.header("Range")}`),
  );
  const url = `http://127.0.0.1:${await listen(site, { overrideGlobalObjects: own })}/`;
  await fetch(url);
  await site.clock.advance(61_000);
  const options = { headers: { "X-Note": "n", Range: "bytes=0-4" } };
  expect(await (await fetch(url, options)).text()).toBe("run 1");
  await vi.waitFor(async () => expect(await (await fetch(url)).text()).toBe("run 2 for n, undefined"));
});

test("the body of a request that middleware has read is there for the handler, whatever it is to see in its place", async () => {
  const site = newSite();
  const cached = honoCache(site.cache, { ttl: "1m", methods: ["POST"], query: { ignore: ["utm_source"] } });
  site.app.use(async (c, next) => {
    await c.req.json();
    await next();
  });
  site.app.post("/", cached(), async (c) =>
    c.text(`${JSON.stringify(await c.req.json())} ${c.req.url} ${seen(c)}`, 200, { "Cache-Control": "max-age=60" }),
  );
  const url = `http://127.0.0.1:${await listen(site)}/`;
  for (const shown of ["MISS", "HIT"]) {
    const headers = { ...conditions, "Content-Type": "application/json" };
    const answer = await fetch(`${url}?utm_source=x&q=1`, { method: "POST", body: '{"a":1}', headers });
    expect([answer.headers.get("x-cache"), await answer.text()]).toEqual([shown, `{"a":1} ${url}?q=1 ,,,0,`]);
  }
});

test("a request that cannot be shown to the handler leaves nobody waiting for its load", async () => {
  const { app, cached } = newSite();
  app.use(async (c, next) => {
    if (c.req.header("Range") !== undefined) {
      c.req.raw.clone = () => {
        throw new Error("It cannot be copied.");
      };
    }
    await next();
  });
  app.onError((error, c) => c.text(error.message, 500));
  app.get("/", cached, (c) => c.text("x"));
  const broken = await app.request("/", { headers: conditions });
  expect([broken.status, await broken.text()]).toEqual([500, "It cannot be copied."]);
  expect((await app.request("/")).headers.get("x-cache")).toBe("MISS");
});

test("fields of earlier middleware, however they are set", async () => {
  const { app, cached } = newSite();
  let requests = 0;
  app.use("/header", async (c, next) => {
    c.header("X-Request-Id", String(++requests));
    await next();
  });
  app.use("/res", async (c, next) => {
    c.res.headers.set("X-Request-Id", String(++requests));
    c.res.headers.set("X-Note", "before");
    c.res.headers.set("X-Cache", "before");
    await next();
  });
  app.use("/after", async (c, next) => {
    await next();
    c.header("X-Request-Id", String(++requests));
  });
  app.get("/*", cached, (c) => c.text("x", 200, { "X-Note": "handler" }));
  for (const path of ["/header", "/res", "/after"]) {
    const notes: unknown[] = [];
    for (const shown of ["MISS", "HIT", "HIT"]) {
      const { headers } = await app.request(path);
      expect([path, headers.get("x-cache"), headers.get("x-request-id")]).toEqual([path, shown, String(requests)]);
      notes.push(headers.get("x-note"));
    }
    // Hono lets what is set on `c.res` before win, here as everywhere.
    expect(notes).toEqual(Array(3).fill(path === "/res" ? "before" : "handler"));
  }
});

test("what writes to the socket of @hono/node-server itself is not stored, and the key is free", async () => {
  const site = newSite();
  let runs = 0;
  site.app.get("/", site.cached, (c) => {
    const { outgoing } = c.env as HttpBindings;
    outgoing.end(`run ${++runs}`);
    return RESPONSE_ALREADY_SENT;
  });
  const url = `http://127.0.0.1:${await listen(site)}/`;
  expect(await (await fetch(url)).text()).toBe("run 1");
  expect(await (await fetch(url)).text()).toBe("run 2");
  expect(site.cache.counters().stores).toBe(0);
});

test.each<[string, (c: Context) => void, unknown[]]>([
  ["says who asks, in place", (c) => c.req.raw.headers.set("Authorization", "a"), [200, "MISS", "xyz"]],
  ["says who asks, in a copy", (c) => withFields(c, { authorization: "a" }), [200, "MISS", "xyz"]],
  ["gives a cookie, in place", (c) => c.req.raw.headers.append("Cookie", "a=b"), [200, "BYPASS", "xyz"]],
  ["means another method, in place", (c) => meanPut(c.req.raw.headers), [200, "BYPASS", "xyz"]],
  [
    "means another method, in a copy",
    (c) => withFields(c, { "x-http-method-override": "PUT" }),
    [200, "BYPASS", "xyz"],
  ],
  ["asks for a part", (c) => withFields(c, { "if-none-match": "", range: "bytes=0-0" }), [206, "HIT", "x"]],
  ["takes a condition away, in place", (c) => c.req.raw.headers.delete("If-None-Match"), [200, "HIT", "xyz"]],
  ["changes nothing", () => {}, [304, "HIT", ""]],
])("on @hono/node-server, middleware before the cache %s", async (_what, change, wanted) => {
  const site = newSite();
  site.app.use("/", async (c, next) => {
    if (c.req.header("X-Change") !== undefined) change(c);
    await next();
  });
  site.app.get("/", site.cached, (c) => c.text("xyz"));
  const url = `http://127.0.0.1:${await listen(site)}/`;
  const etag = (await fetch(url)).headers.get("etag") ?? "";
  const answer = await fetch(url, { headers: { "X-Change": "1", "If-None-Match": etag } });
  expect([answer.status, answer.headers.get("x-cache"), await answer.text()]).toEqual(wanted);
});

function meanPut(fields: Headers): void {
  fields.set("X-HTTP-Method-Override", "PUT");
}

function withFields(c: Context, fields: Record<string, string>): void {
  c.req.raw = new Request(c.req.raw, { headers: { ...c.req.header(), ...fields } });
}

test("a request that names two hosts is not looked up", async () => {
  const site = newSite();
  site.app.get("/", site.cached, (c) => c.text(new URL(c.req.url).host));
  const port = await listen(site);
  const ask = (target: string, host: string) =>
    exchange(port, `GET ${target} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
  expect(await ask("/", "a.example")).toMatch(/x-cache: MISS[\s\S]*a\.example$/);
  expect(await ask("http://b.example/", "a.example")).toMatch(/x-cache: BYPASS[\s\S]*b\.example$/);
  expect(await ask("/", "a.example")).toMatch(/x-cache: HIT[\s\S]*a\.example$/);
  expect(await ask("/", "A.example:80")).toMatch(/x-cache: HIT[\s\S]*a\.example$/);
});

test("a body of GET on HTTP/2, where no field tells of it, makes nothing for those without one", async () => {
  const site = newSite();
  site.app.get("/", honoCache(site.cache, { ttl: "1m" })(), async (c) =>
    c.text(`of ${await text((c.env as unknown as HttpBindings).incoming)}`),
  );
  const session = connectHttp2(`http://127.0.0.1:${await listen(site, { createServer: createHttp2Server })}`);
  onTestFinished(() => session.close());
  const ask = (body?: string) => text(session.request({ ":path": "/" }, { endStream: body === undefined }).end(body));
  expect([await ask("x"), await ask(), await ask("y"), await ask()]).toEqual(["of x", "of ", "of y", "of "]);
});

test("what getPath makes of a request is in the key, where that is not the path of its target", async () => {
  const { cache } = newSite();
  const app = new Hono({
    getPath: ({ headers, url }) => `/${headers.get("x-tenant")}${new URL(url).pathname}`,
  });
  app.get("/:tenant/*", honoCache(cache, { ttl: "1m" })(), (c) => c.text(`for ${c.req.param("tenant")}`));
  for (const shown of ["MISS", "HIT"]) {
    for (const tenant of ["a", "b", "a/b"]) {
      const answer = await app.request("/x%20y?q", { headers: { "x-tenant": tenant } });
      expect([await answer.text(), answer.headers.get("x-cache")]).toEqual([`for ${tenant.slice(0, 1)}`, shown]);
    }
  }
});

test("applications that are mounted do not share answers, nor have the targets of each other", async () => {
  const site = newSite();
  for (const name of ["one", "two"]) {
    const mounted = new Hono().get("/", honoCache(site.cache, { ttl: "1m" })(), (c) => c.text(name));
    site.app.mount(`/${name}`, mounted.fetch);
  }
  const port = await listen(site);
  for (const shown of ["MISS", "HIT"]) {
    for (const name of ["one", "two"]) {
      const answer = await fetch(`http://127.0.0.1:${port}/${name}`);
      expect([await answer.text(), answer.headers.get("x-cache")]).toEqual([name, shown]);
    }
  }
});

test("the host of a request without that field is that of its address", async () => {
  const { app, cached } = newSite();
  app.get("/", cached, (c) => c.text(c.req.url));
  for (const url of ["http://a.example/", "https://a.example/", "http://a.example:8080/"]) {
    const answer = await app.request(url);
    expect([answer.headers.get("x-cache"), await answer.text()]).toEqual(["MISS", url]);
  }
  expect((await app.request("http://a.example:80/")).headers.get("x-cache")).toBe("HIT");
});

test("a purge route of the whole cache, a namespace and a tag", async () => {
  const { app, cache } = newSite();
  const cached = honoCache(cache, { ttl: "1m" });
  const authorize = (c: Context) => c.req.header("authorization") === "Bearer right";
  app.get("/page/:id", cached({ namespace: "pages", tags: ({ url }) => [url.slice("/page/".length)] }), (c) =>
    c.text("x"),
  );
  app.delete("/cache", purge(cache, { authorize }));
  app.delete("/cache/tags/:tag", purge(cache, { authorize, tag: (c) => c.req.param("tag") ?? "" }));
  const remove = async (path: string, authorization = "Bearer right") => {
    const answer = await app.request(path, { method: "DELETE", headers: { authorization } });
    return [answer.status, await answer.json()];
  };
  const shown = async () => {
    const answers = await Promise.all(["/page/1", "/page/2"].map((path) => app.request(path)));
    return answers.map(({ headers }) => headers.get("x-cache"));
  };
  await shown();
  expect(await remove("/cache/tags/1")).toEqual([200, { cleared: true, tag: "1" }]);
  expect(await shown()).toEqual(["MISS", "HIT"]);
  expect(await remove("/cache?namespace=pages")).toEqual([200, { cleared: true, namespace: "pages" }]);
  expect(await shown()).toEqual(["MISS", "MISS"]);
  expect(await remove("/cache", "Bearer wrong")).toEqual([401, { error: "unauthorized" }]);
  expect(await shown()).toEqual(["HIT", "HIT"]);
});
