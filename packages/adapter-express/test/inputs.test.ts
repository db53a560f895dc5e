import express, { type NextFunction, type Request, type Response } from "express";
import { describe, expect, test } from "vitest";
import { quietApp, startSite } from "./stage.ts";

/** What earlier middleware attaches: who the request is from, as a header says that no route would have in its key. */
function attach(request: Request, response: Response, next: NextFunction): void {
  const user = request.get("x-user");
  Object.assign(request, {
    user,
    session: { user },
    cookies: { theme: "dark", user },
    log: { info: () => {} },
    db: {},
  });
  response.locals.user = user;
  next();
}

type Read = (request: Request, response: Response) => unknown;

const attached = <Value>(request: Request, name: string): Value => Reflect.get(request, name) as Value;

const unkeyed: Record<string, readonly [input: string, read: Read]> = {
  "request.get": ["x-note", (request) => request.get("X-Note")],
  "request.header": ["x-note", (request) => request.header("x-note")],
  "request.headers": ["x-note", ({ headers }) => headers["x-note"]],
  "in request.headers": ["x-note", ({ headers }) => "x-note" in headers],
  "request.headersDistinct": ["x-note", ({ headersDistinct }) => headersDistinct["x-note"]],
  "a copy of request.headers": ["x-note", ({ headers }) => ({ ...headers })["x-note"]],
  "a list of request.headers": ["x-note", ({ headers }) => Object.entries(headers).join()],
  "request.rawHeaders": ["x-note", ({ rawHeaders }) => rawHeaders.join()],
  "request.xhr": ["x-requested-with", ({ xhr }) => xhr],
  "request.ip": ["ip", ({ ip }) => ip],
  "request.ips": ["ip", ({ ips }) => ips.join()],
  "request.socket": ["ip", ({ socket }) => socket.remoteAddress],
  "request.connection": ["ip", (request) => attached<Request["socket"]>(request, "connection").remoteAddress],
  "request.client": ["ip", (request) => attached<Request["socket"]>(request, "client").remoteAddress],
  "response.socket": ["ip", (_request, { socket }) => socket?.remoteAddress],
  "response.connection": ["ip", (_request, { connection }) => connection?.remoteAddress],
  "request.user": ["user", (request) => attached(request, "user")],
  "request.session": ["session", (request) => attached<{ user: unknown }>(request, "session").user],
  "response.locals.user": ["user", (_request, response) => response.locals.user],
  "a user attached behind the cache": [
    "account",
    (request) => {
      Object.assign(request, { account: "x" });
      return attached(request, "account");
    },
  ],
};

describe("an input that is not in the key", () => {
  test.each(Object.entries(unkeyed))("%s", async (_, [input, read]) => {
    const site = await startSite((cached) =>
      quietApp()
        .use(attach)
        .get("/", cached({ ttl: "1m" }), (request, response) => {
          response.send(`${read(request, response)}`);
        }),
    );
    for (const user of ["one", "another"]) {
      const answer = await site.ask("/", { headers: { "x-user": user, "x-note": user } });
      expect(answer.headers["x-cache"]).toBe("MISS");
      expect(answer.headers["cache-status"]).toMatch(/detail="unkeyed-input: [\w-]+; .+"$/);
    }
    const without = await site.ask("/", { headers: { "x-note": "n" } });
    expect(without.headers["cache-status"]).toContain(`unkeyed-input: ${input};`);
  });
});

describe("what is in every key, or no input", () => {
  const free: Record<string, Read> = {
    "nothing at all": () => "x",
    "host and scheme": ({ host, hostname, protocol, secure, subdomains }) => [
      host,
      hostname,
      protocol,
      secure,
      subdomains,
    ],
    "the Host field": (request) => request.get("host"),
    "target, query and parameters": ({ url, originalUrl, query, params, path }) => [
      url,
      originalUrl,
      query,
      params,
      path,
    ],
    "what was attached otherwise": (request) => attached<{ info: unknown }>(request, "log").info,
    "cookies, of which there are none": (request) => [request.get("cookie"), attached<object>(request, "cookies")],
    "an answer as JSON, which Express asks about freshness": (_request, response) => void response.type("json"),
  };
  test.each(Object.entries(free))("%s", async (_, read) => {
    const site = await startSite((cached) =>
      express()
        .set("env", "test")
        .use(attach)
        .get("/", cached({ ttl: "1m" }), (request, response) => {
          response.send(JSON.stringify(read(request, response) ?? "x"));
        }),
    );
    await site.ask("/", { headers: { "if-none-match": '"a"', "cache-control": "max-stale" } });
    expect((await site.ask()).headers["x-cache"]).toBe("HIT");
  });
});

describe("behind a proxy", () => {
  const readers: Record<string, (request: Request) => string> = {
    hostname: ({ hostname }) => hostname,
    host: ({ host }) => host,
    protocol: ({ protocol }) => protocol,
    subdomains: ({ subdomains }) => (subdomains.includes("attacker") ? "attacker" : "none"),
  };
  const forged = { "x-forwarded-host": "attacker.of.example", "x-forwarded-proto": "attacker" };
  for (const freshness of ["route", "handler"]) {
    test.each(Object.entries(readers))(
      `that is trusted, %s is nobody else's (freshness of the ${freshness})`,
      async (_, read) => {
        const site = await startSite((cached) =>
          quietApp()
            .set("trust proxy", true)
            .get("/", cached(freshness === "route" ? { ttl: "1m" } : {}), (request, response) => {
              if (freshness === "handler") response.set("Cache-Control", "max-age=60");
              response.send(`//${read(request)}/app.js`);
            }),
        );
        expect((await site.ask("/", { headers: forged })).body).toContain("attacker");
        for (let turn = 0; turn < 2; turn++) expect((await site.ask()).body).not.toContain("attacker");
      },
    );
    test.each(Object.entries(readers))(
      `that is not trusted, %s is in the key (freshness of the ${freshness})`,
      async (_, read) => {
        const site = await startSite((cached) =>
          quietApp().get("/", cached(freshness === "route" ? { ttl: "1m" } : {}), (request, response) => {
            if (freshness === "handler") response.set("Cache-Control", "max-age=60");
            response.send(read(request));
          }),
        );
        await site.ask("/", { headers: forged });
        const hit = await site.ask();
        expect([hit.headers["x-cache"], hit.body.includes("attacker")]).toEqual(["HIT", false]);
      },
    );
  }
});

test("behind a proxy that is trusted, whether a request is secure is nobody else's", async () => {
  const site = await startSite((cached) =>
    quietApp()
      .set("trust proxy", true)
      .get("/", cached({ ttl: "1m" }), (request, response) => {
        response.send(`${request.secure}`);
      }),
  );
  expect((await site.ask("/", { headers: { "x-forwarded-proto": "https" } })).body).toBe("true");
  expect((await site.ask()).body).toBe("false");
});

test("frozen locals count as read: each request has an answer, and none is stored", async () => {
  const site = await startSite((cached) =>
    quietApp()
      .use((_request, response, next) => {
        response.locals = Object.freeze({ title: "t" });
        next();
      })
      .get("/", cached({ ttl: "1m" }), (_request, response) => {
        response.send(response.locals.title);
      }),
  );
  for (let turn = 0; turn < 2; turn++) {
    const { body, headers } = await site.ask();
    expect([body, headers["x-cache"]]).toEqual(["t", "MISS"]);
    expect(headers["cache-status"]).toContain("unkeyed-input");
  }
});

test("cookies that count are read by their names; others keep an answer from being stored", async () => {
  const site = await startSite((cached) =>
    quietApp()
      .use(attach)
      .get("/theme", cached({ ttl: "1m", cookies: ["theme"] }), (request, response) => {
        response.send(`${attached<{ theme: string }>(request, "cookies").theme}`);
      })
      .get("/user", cached({ ttl: "1m", cookies: ["theme"] }), (request, response) => {
        response.send(`${attached<{ user: string }>(request, "cookies").user}`);
      })
      .get("/ignored", cached({ ttl: "1m", cookies: "ignore" }), (request, response) => {
        response.send(`${request.get("cookie")}`);
      }),
  );
  const headers = { cookie: "theme=dark; user=7" };
  await site.ask("/theme", { headers });
  expect((await site.ask("/theme", { headers })).headers["x-cache"]).toBe("HIT");
  for (const path of ["/user", "/ignored"]) {
    await site.ask(path, { headers });
    const again = await site.ask(path, { headers });
    expect([again.headers["x-cache"], again.headers["cache-status"]]).toEqual([
      "MISS",
      expect.stringContaining("cookies:"),
    ]);
  }
});

test("a session that saves itself while an answer goes out does not count, in one piece or in several", async () => {
  const site = await startSite((cached) =>
    quietApp()
      .use(attach, (request, response, next) => {
        const { end, write } = response;
        const saving = <Call extends (...values: never[]) => unknown>(call: Call) =>
          function save(this: Response, ...values: unknown[]): unknown {
            attached<{ user: unknown }>(request, "session").user;
            request.get("x-request-id");
            return Reflect.apply(call, this, values);
          };
        Object.assign(response, { end: saving(end), write: saving(write) });
        next();
      })
      .get("/at-once", cached({ ttl: "1m" }), (_request, response) => {
        response.send("x");
      })
      .get("/pieces", cached({ ttl: "1m" }), (_request, response) => {
        response.write("x");
        setImmediate(() => response.end("y"));
      }),
  );
  for (const path of ["/at-once", "/pieces"]) {
    await site.ask(path);
    expect((await site.ask(path)).headers["x-cache"]).toBe("HIT");
  }
});

test("an answer in pieces is not stored if its maker looks at somebody on the way", async () => {
  const site = await startSite((cached) =>
    quietApp()
      .use(attach)
      .get("/", cached({ ttl: "1m" }), (request, response) => {
        response.write("for ");
        setImmediate(() => response.end(attached<string>(request, "user")));
      }),
  );
  for (const user of ["one", "another"]) {
    expect((await site.ask("/", { headers: { "x-user": user } })).body).toBe(`for ${user}`);
  }
});

test("the request is what it was, during and after", async () => {
  const names = (request: Request) => Object.keys(request).sort();
  const seen: unknown[] = [];
  const before: string[] = [];
  const after: unknown[] = [];
  const site = await startSite((cached) =>
    quietApp()
      .use(attach, (request, response, next) => {
        response.on("finish", () => {
          after.push(names(request), request.socket.remoteAddress, Object.keys(response.locals));
          after.push(Object.getOwnPropertyDescriptor(request, "user"));
        });
        before.push(...names(request));
        next();
      })
      .get("/", cached({ ttl: "1m" }), (request, response) => {
        Object.assign(request, { user: "set behind" });
        seen.push(
          Object.getPrototypeOf(request.headers) === Object.prototype,
          Array.isArray(request.rawHeaders),
          JSON.stringify(request.headers) === JSON.stringify({ ...request.headers }),
          request.ip,
          request.socket === response.socket,
        );
        response.send("x");
      }),
  );
  await site.ask();
  expect(seen).toEqual([true, true, true, "127.0.0.1", true]);
  await expect.poll(() => after.length).toBe(4);
  // What routers and streams add stays there.
  const added = new Set(["next", "params", "res", "route", "baseUrl", "originalUrl", "_parsedUrl", "_eventsCount"]);
  const own = (list: readonly string[]) => list.filter((name) => !added.has(name));
  expect(own(after[0] as string[])).toEqual(own(before));
  expect(after.slice(1)).toEqual([
    "127.0.0.1",
    ["user"],
    { value: "set behind", writable: true, enumerable: true, configurable: true },
  ]);
});

test("what comes of a request with two hosts is nobody else's", async () => {
  const site = await startSite((cached) =>
    quietApp().get("/", cached({ ttl: "1m" }), ({ headersDistinct }, response) => {
      response.send(`${headersDistinct.host}`);
    }),
  );
  const twice = await site.ask("/", { headers: ["Host", "a.example", "host", "b.example"] });
  expect([twice.body, twice.headers["x-cache"]]).toEqual(["a.example,b.example", "MISS"]);
  expect((await site.ask("/", { headers: { host: "a.example" } })).body).toBe("a.example");
  expect((await site.ask("/", { headers: { host: "a.example" } })).headers["x-cache"]).toBe("HIT");
});
