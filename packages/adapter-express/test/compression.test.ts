import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { createGzip, gunzipSync } from "node:zlib";
import compression from "compression";
import type { RequestHandler } from "express";
import { describe, expect, test } from "vitest";
import { compressionHolds, places, words as text, ways } from "../../testing/test/compression.ts";
import { expressCache } from "../src/index.ts";
import { type Got, listen, newSite } from "./site.ts";

/** Compresses in the way that middleware for Express does: by its own methods in front of those of the response. */
const compress: RequestHandler = (request, response, next) => {
  const { write, end, writeHead } = response;
  if (!request.acceptsEncodings("gzip")) return next();
  const gzip = createGzip();
  gzip.on("data", (piece) => Reflect.apply(write, response, [piece]));
  gzip.on("end", () => Reflect.apply(end, response, []));
  response.writeHead = ((...values: unknown[]) => {
    response.set("Content-Encoding", "gzip").vary("Accept-Encoding").removeHeader("Content-Length");
    // What is given here goes the slow way, as with `on-headers`.
    const [status, fields] = values as [number, Record<string, string>?];
    for (const [name, value] of Object.entries(fields ?? {})) {
      if (name.toLowerCase() !== "content-length") response.setHeader(name, value);
    }
    return Reflect.apply(writeHead, response, [status]);
  }) as typeof response.writeHead;
  response.write = ((piece: string) => {
    if (!response.headersSent) response.writeHead(response.statusCode);
    return gzip.write(piece);
  }) as typeof response.write;
  response.end = ((piece?: string) => {
    if (!response.headersSent) response.writeHead(response.statusCode);
    gzip.end(piece);
    return response;
  }) as typeof response.end;
  next();
};

function bodyOf({ headers, body }: Got): string {
  return (headers["content-encoding"] === "gzip" ? gunzipSync(body) : body).toString();
}

test.each(["at once", "in pieces"])("outside the cached route, answers %s", async (way) => {
  const { app, cache } = newSite();
  app.use(compress);
  app.get("/", expressCache(cache)({ ttl: "1m" }), (_request, response) => {
    if (way === "at once") response.end(text);
    else {
      response.write(text.slice(0, 1000));
      response.end(text.slice(1000));
    }
  });
  const ask = await listen(app);
  const got = [];
  for (const encoding of ["gzip", "gzip", "identity", "gzip"])
    got.push(await ask("/", { "accept-encoding": encoding }));
  expect(got.map(({ headers }) => [headers["x-cache"], headers["content-encoding"]])).toEqual([
    ["MISS", "gzip"],
    ["HIT", "gzip"],
    ["HIT", undefined],
    ["HIT", "gzip"],
  ]);
  for (const answer of got) expect(bodyOf(answer)).toBe(text);
});

test.each(["at once", "in pieces"])("inside the cached route, answers %s", async (way) => {
  const { app, cache } = newSite();
  app.get("/", expressCache(cache)({ ttl: "1m", vary: ["accept-encoding"] }), compress, (_request, response) => {
    if (way === "at once") response.end(text);
    else {
      response.write(text.slice(0, 1000));
      response.end(text.slice(1000));
    }
  });
  const ask = await listen(app);
  const got = [];
  for (const encoding of ["gzip", "identity", "gzip", "identity"]) {
    got.push(await ask("/", { "accept-encoding": encoding }));
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  expect(got.map(({ headers }) => [headers["x-cache"], headers["content-encoding"]])).toEqual([
    ["MISS", "gzip"],
    ["MISS", undefined],
    ["HIT", "gzip"],
    ["HIT", undefined],
  ]);
  for (const answer of got) expect(bodyOf(answer)).toBe(text);
});

test("inside the cached route, an answer that is not stored", async () => {
  const { app, cache } = newSite();
  app.get("/", expressCache(cache)({ ttl: "1m", vary: ["accept-encoding"] }), compress, async (_request, response) => {
    response.set("Cache-Control", "no-store").write(text.slice(0, 1000));
    await new Promise((resolve) => setTimeout(resolve, 10));
    response.write(text.slice(1000, 2000));
    await new Promise((resolve) => setTimeout(resolve, 10));
    response.end(text.slice(2000));
  });
  const ask = await listen(app);
  for (const _turn of [1, 2]) {
    const answer = await ask("/", { "accept-encoding": "gzip" });
    expect(answer.headers).toMatchObject({ "x-cache": "MISS", "content-encoding": "gzip" });
    expect(bodyOf(answer)).toBe(text);
  }
});

describe.each(places)("the usual middleware %s the cached route", (place) => {
  test.each(ways)("answers %s", async (way) => {
    await compressionHolds(place, async () => {
      const { app, cache } = newSite();
      const cached = expressCache(cache)({ ttl: "1m" });
      app.get("/", ...(place === "outside" ? [compression(), cached] : [cached, compression()]));
      app.get("/", async (_request, response) => {
        response.type("text/plain");
        if (way === "at once") return response.send(text);
        response.write(text.slice(0, 1000));
        await new Promise((resolve) => setTimeout(resolve, 1));
        response.write(text.slice(1000, 2000));
        return response.end(text.slice(2000));
      });
      const server = app.listen(0, "127.0.0.1");
      await once(server, "listening");
      return {
        port: (server.address() as AddressInfo).port,
        async stop() {
          server.close();
          server.closeAllConnections();
        },
      };
    });
  });
});

test("a part is sent as it is, with compression in front", async () => {
  const { app, cache } = newSite();
  const body = "0123456789".repeat(1_000);
  app.use(compression());
  app.get("/", expressCache(cache)({ ttl: "1m" }), (_request, response) => response.type("text").send(body));
  app.use("/said", (_request, response, next) => {
    response.set("Cache-Control", "max-age=60");
    next();
  });
  app.get("/said", expressCache(cache)(), (_request, response) => response.type("text").send(body));
  const ask = await listen(app);
  for (const [path, control] of [
    ["/", "no-cache, no-transform"],
    ["/said", "max-age=60, no-transform"],
  ] as const) {
    await ask(path);
    const part = await ask(path, { "Accept-Encoding": "gzip", Range: "bytes=5-8004" });
    expect(part).toMatchObject({ status: 206, headers: { "content-length": "8000", "cache-control": control } });
    expect(part.headers["content-encoding"]).toBeUndefined();
    expect(part.body.toString()).toBe(body.slice(5, 8005));
  }
});

test("a part says all that the whole says about who may keep it", async () => {
  const { app, cache } = newSite();
  app.get("/", compression(), expressCache(cache)({ ttl: "1m" }), (_request, response) => {
    response.append("Cache-Control", "max-age=60").append("Cache-Control", "must-revalidate").end(text);
  });
  const ask = await listen(app);
  await ask();
  const { status, headers } = await ask("/", { range: "bytes=0-9" });
  expect(status).toBe(206);
  expect(headers["cache-control"]).toBe("max-age=60, must-revalidate, no-transform");
});

test("a part of what was found to hold still is no more compressed than one of a hit", async () => {
  const { app, cache } = newSite();
  app.get("/", compression({ threshold: 0 }), expressCache(cache)({ ttl: "1m" }), (request, response) => {
    response.set({ "Cache-Control": "max-age=0", ETag: '"a"' }).type("text");
    if (request.headers["if-none-match"] === undefined) response.end(text);
    else response.status(304).end();
  });
  const ask = await listen(app);
  await ask();
  const part = await ask("/", { range: "bytes=0-9", "accept-encoding": "gzip" });
  expect([part.status, part.headers["content-encoding"], part.body.toString()]).toEqual([
    206,
    undefined,
    text.slice(0, 10),
  ]);
});
