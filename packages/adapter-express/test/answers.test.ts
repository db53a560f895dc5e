import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Response } from "express";
import { describe, expect, onTestFinished, test } from "vitest";
import { expressCache } from "../src/index.ts";
import { type Got, listen, newSite } from "./site.ts";

/** What a handler's way of answering gives at first, and what comes back. */
async function twice(answer: (response: Response) => unknown): Promise<{ first: Got; second: Got; runs: number }> {
  const { app, cache } = newSite();
  let runs = 0;
  app.get("/", expressCache(cache)({ ttl: "1m", vary: ["accept"] }), (_request, response) => {
    runs++;
    return answer(response);
  });
  const ask = await listen(app);
  const first = await ask();
  // Files and other streams are stored when they have come to their end.
  await new Promise((resolve) => setTimeout(resolve, 20));
  return { first, second: await ask(), runs };
}

async function replays(answer: (response: Response) => unknown): Promise<Got> {
  const { first, second, runs } = await twice(answer);
  expect(runs).toBe(1);
  expect(second.headers["x-cache"]).toBe("HIT");
  expect(second.status).toBe(first.status);
  expect(second.body).toEqual(first.body);
  for (const name of ["content-type", "content-length", "etag", "location", "last-modified"]) {
    if (first.headers[name] !== undefined) expect(second.headers[name]).toBe(first.headers[name]);
  }
  return second;
}

test("json, send, status and redirect", async () => {
  expect((await replays((response) => response.json({ a: [1, "ü"] }))).body.toString()).toBe('{"a":[1,"ü"]}');
  expect((await replays((response) => response.send("<p>text</p>"))).headers["content-type"]).toContain("text/html");
  expect((await replays((response) => response.send(Buffer.from([0, 255, 128])))).body).toEqual(
    Buffer.from([0, 255, 128]),
  );
  expect((await replays((response) => response.redirect(301, "/elsewhere"))).headers.location).toBe("/elsewhere");
});

test("sendFile, with the validators it sets", async () => {
  const directory = mkdtempSync(join(tmpdir(), "cachette-"));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  writeFileSync(join(directory, "page.txt"), "a file");
  const hit = await replays((response) => response.sendFile("page.txt", { root: directory, cacheControl: false }));
  expect(hit.body.toString()).toBe("a file");
  expect(hit.headers["last-modified"]).toBeDefined();
  expect(hit.headers["accept-ranges"]).toBe("bytes");
});

test("texts in all encodings", async () => {
  const hex = await replays((response) => response.type("bin").end("00ff80", "hex"));
  expect(hex.body).toEqual(Buffer.from([0, 255, 128]));
  const latin = await replays((response) => response.type("bin").end("é", "latin1"));
  expect(latin.body).toEqual(Buffer.from([0xe9]));
  const pieces = await replays((response) => {
    response.type("bin").write("AP8=", "base64");
    response.write("ü");
    response.end("é", "latin1");
  });
  expect(pieces.body).toEqual(Buffer.from([0, 255, 0xc3, 0xbc, 0xe9]));
});

/** As `on-headers` does, which middleware for sessions and cookies builds on. */
function atTheLastMoment(response: Response, set: () => void): void {
  const { writeHead } = response;
  let due = true;
  response.writeHead = ((...values: unknown[]) => {
    if (due) set();
    due = false;
    return Reflect.apply(writeHead, response, [response.statusCode, ...values.slice(1)]);
  }) as typeof response.writeHead;
}

const ends: Record<string, (response: Response) => unknown> = {
  "in one piece": (response) => response.send("x"),
  "in pieces": (response) => response.end(response.write("x") ? "y" : "z"),
  "in pieces, with its head first": (response) => {
    response.flushHeaders();
    response.end("x");
  },
};

describe("what is set as the head goes out is heard", () => {
  test.each(Object.entries(ends))("%s", async (_, end) => {
    for (const [name, value] of [
      ["Cache-Control", "private"],
      ["Set-Cookie", "a=b"],
      ["Vary", "*"],
    ] as const) {
      const { second, runs } = await twice((response) => {
        atTheLastMoment(response, () => response.setHeader(name, value));
        end(response);
      });
      expect(runs).toBe(2);
      expect([second.headers[name.toLowerCase()]].flat()).toEqual([value]);
      expect(second.headers["cache-status"]).toContain(name === "Cache-Control" ? "private" : name.toLowerCase());
    }
  });

  test.each(Object.entries(ends))("once, %s, as if there were no cache", async (_, end) => {
    const { first, second } = await twice((response) => {
      const { writeHead } = response;
      response.writeHead = ((...values: unknown[]) => {
        response.appendHeader("X-Note", "a");
        return Reflect.apply(writeHead, response, values);
      }) as typeof response.writeHead;
      end(response);
    });
    expect([first, second].map(({ headers }) => headers["x-note"])).toEqual(["a", "a"]);
  });

  test("and is stored, once", async () => {
    const { second, runs } = await twice((response) => {
      atTheLastMoment(response, () => response.status(203).append("X-Note", "a"));
      response.send("x");
    });
    expect(runs).toBe(1);
    expect(second.status).toBe(203);
    expect(second.headers["x-note"]).toBe("a");
  });
});

test("end in all its forms calls back once", async () => {
  const called: string[] = [];
  const note = (form: string) => () => called.push(form);
  const empty = await replays((response) => response.end(note("end(f)")));
  expect(empty.headers["content-length"]).toBe("0");
  expect((await replays((response) => response.end("x", note("end(chunk, f)")))).body.toString()).toBe("x");
  expect((await replays((response) => response.end("eA==", "base64", note("end(chunk, e, f)")))).body.toString()).toBe(
    "x",
  );
  await replays((response) => {
    response.write("a", note("write(chunk, f)"));
    response.write("b", "latin1", note("write(chunk, e, f)"));
    response.end(note("end(f) after write"));
  });
  expect(called.sort()).toEqual(
    [
      "end(f)",
      "end(chunk, f)",
      "end(chunk, e, f)",
      "write(chunk, f)",
      "write(chunk, e, f)",
      "end(f) after write",
    ].sort(),
  );
});

test("writeHead with an object, a list and pairs", async () => {
  const object = await replays((response) =>
    response.writeHead(203, { "X-Note": "a", Link: ["</a>", "</b>"], "X-Number": 7 }).end("x"),
  );
  expect(object.status).toBe(203);
  expect(object.headers).toMatchObject({ "x-note": "a", link: "</a>, </b>", "x-number": "7" });
  expect(object.lines.filter((name) => name === "Link")).toHaveLength(2);

  const list = await replays((response) =>
    response.writeHead(200, ["X-Note", "a", "Link", "</a>", "Link", "</b>"]).end("x"),
  );
  expect(list.lines.filter((name) => name === "Link")).toHaveLength(2);
  expect(list.headers["x-note"]).toBe("a");

  const pairs = [
    ["X-Note", "a"],
    ["Link", "</a>"],
  ];
  const paired = await replays((response) => response.writeHead(200, pairs as unknown as string[]).end("x"));
  expect(paired.headers).toMatchObject({ "x-note": "a", link: "</a>" });
});

test("writeHead with a message, which is for the first answer alone", async () => {
  const { first, second } = await twice((response) => response.writeHead(200, "Fine", { "X-Note": "a" }).end("x"));
  expect(first.message).toBe("Fine");
  expect(first.headers).toMatchObject({ "x-note": "a", "x-cache": "MISS", etag: second.headers.etag });
  expect(second.message).toBe("OK");
  expect(second.headers).toMatchObject({ "x-note": "a", "x-cache": "HIT" });
});

test("after writeHead the head counts as sent, although it is held back", async () => {
  const sent: boolean[] = [];
  await replays((response) => {
    sent.push(response.headersSent);
    response.writeHead(200);
    sent.push(response.headersSent);
    response.end("x");
    sent.push(response.headersSent);
  });
  expect(sent).toEqual([false, true, true]);
});

test("the head goes out at once when it is flushed", async () => {
  const { app, cache } = newSite();
  let headCame = (): void => {};
  const came = new Promise<void>((resolve) => {
    headCame = resolve;
  });
  app.get("/", expressCache(cache)({ ttl: "1m" }), async (_request, response) => {
    response.type("text/plain").flushHeaders();
    await came;
    response.end("data: x\n\n");
  });
  const server = app.listen(0, "127.0.0.1");
  onTestFinished(() => {
    server.close();
  });
  await new Promise((resolve) => server.once("listening", resolve));
  const address = server.address();
  const url = `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}/`;
  const first = await fetch(url);
  expect(first.headers.get("x-cache")).toBe("MISS");
  headCame();
  expect(await first.text()).toBe("data: x\n\n");
  const second = await fetch(url);
  expect(second.headers.get("x-cache")).toBe("HIT");
  expect(await second.text()).toBe("data: x\n\n");
});

test("what Node refuses is refused as ever, and not stored", async () => {
  const errors: unknown[] = [];
  const { app, cache } = newSite();
  const tries: ((response: Response) => unknown)[] = [
    (response) => response.write(7 as unknown as string),
    (response) => response.end({} as unknown as string),
    (response) => response.writeHead(7),
    (response) => response.writeHead(200, { "X Note": "a" }),
    (response) => response.writeHead(200, { "X-Note": undefined }),
    (response) => {
      response.statusMessage = "two\nlines";
      response.write("x");
    },
  ];
  app.get("/:index", expressCache(cache)({ ttl: "1m" }), (request, response) => {
    try {
      tries[Number(request.params.index)]?.(response);
    } catch (error) {
      errors.push((error as NodeJS.ErrnoException).code);
      throw error;
    }
    response.end("not refused");
  });
  const ask = await listen(app);
  for (const index of tries.keys()) {
    for (const _turn of [1, 2]) {
      const { status, headers } = await ask(`/${index}`);
      expect([index, status, headers["x-cache"] === "HIT"]).toEqual([index, 500, false]);
    }
  }
  expect(errors).toEqual(
    [
      "ERR_INVALID_ARG_TYPE",
      "ERR_INVALID_ARG_TYPE",
      "ERR_HTTP_INVALID_STATUS_CODE",
      "ERR_INVALID_HTTP_TOKEN",
      "ERR_HTTP_INVALID_HEADER_VALUE",
      "ERR_INVALID_CHAR",
    ].flatMap((code) => [code, code]),
  );
});

test("write says when the client is slow, and drain when it is not any more", async () => {
  const { app, cache } = newSite();
  const waits: boolean[] = [];
  app.get("/", expressCache(cache)({ ttl: "1m", maxBodyBytes: "10mb" }), async (_request, response) => {
    for (let index = 0; index < 40; index++) {
      const goOn = response.write(Buffer.alloc(100_000, index));
      waits.push(!goOn);
      if (!goOn) await new Promise((resolve) => response.once("drain", resolve));
    }
    response.end();
  });
  const ask = await listen(app);
  const first = await ask();
  expect(first.body.length).toBe(4_000_000);
  expect(waits).toContain(true);
  const second = await ask();
  expect(second.headers["x-cache"]).toBe("HIT");
  expect(second.body.equals(first.body)).toBe(true);
});

test("the response is left as it was found", async () => {
  const { app, cache } = newSite();
  const found: unknown[] = [];
  app.use((_request, response, next) => {
    const state = () => [
      Object.keys(response).filter((name) => !["statusCode", "statusMessage"].includes(name)),
      [response.end, response.write, response.writeHead, response.flushHeaders, response.destroy],
      response.listenerCount("close"),
    ];
    const before = state();
    response.once("finish", () => found.push([before, state(), response.headersSent]));
    next();
  });
  const cached = expressCache(cache);
  app.get("/at-once", cached({ ttl: "1m" }), (_request, response) => response.json({}));
  app.get("/pieces", cached({ ttl: "1m" }), (_request, response) => {
    response.write("a");
    response.end("b");
  });
  app.get("/refused", cached({ ttl: "1m" }), (_request, response) => {
    response.set("Cache-Control", "no-store").write("a");
    response.end("b");
  });
  const ask = await listen(app);
  for (const path of ["/at-once", "/pieces", "/refused"]) {
    await ask(path);
    const [before, after, sent] = found.pop() as unknown[];
    expect(after, path).toEqual(before);
    expect(sent).toBe(true);
  }
});

test("a piece that does not go out is done in its turn: before the end, and before what comes later", async () => {
  const done: string[] = [];
  const note = (name: string) => () => void done.push(name);
  await replays((response) => {
    response.status(204).set("Cache-Control", "max-age=60").on("finish", note("finish"));
    response.write("dropped", note("write"));
    process.nextTick(note("tick"));
    response.end(note("end"));
  });
  expect(done).toEqual(["write", "tick", "end", "finish"]);
});
