import type { Request, RequestHandler, Response } from "express";
import { describe, expect, test } from "vitest";
import { quietApp, startSite } from "./stage.ts";

/** What a handler sees of the conditions in a request, by all doors. */
function conditionsOf(request: Request) {
  const pairs = request.rawHeaders.flatMap((name, index, all) => (index % 2 === 0 ? [[name, all[index + 1]]] : []));
  return {
    get: [request.get("If-None-Match"), request.get("Range")],
    headers: [request.headers["if-none-match"], request.headers.range],
    distinct: [request.headersDistinct["if-none-match"], request.headersDistinct.range],
    raw: pairs.filter(([name]) => /^(if-.*|range)$/i.test(name ?? "")),
    note: request.get("x-note"),
  };
}

describe("a question to the handler", () => {
  test("stands in place of what the client asks, by all doors, until the answer has ended", async () => {
    const seen: unknown[] = [];
    const logged: unknown[] = [];
    const site = await startSite((cached) =>
      quietApp()
        .use((request, response, next) => {
          response.on("finish", () => logged.push(request.get("if-none-match"), request.headersDistinct.range));
          next();
        })
        .get("/", cached({ ttl: "1m" }), (request, response) => {
          seen.push(conditionsOf(request));
          response.set({ ETag: '"a"', "Cache-Control": "max-age=60" }).send("content");
        }),
    );
    await site.ask();
    await site.clock.advance("61s");
    const headers = { "If-None-Match": '"mine"', Range: "bytes=0-1", "If-Range": '"mine"', "X-Note": "hello" };
    const answer = await site.ask("/", { headers });
    expect(answer).toMatchObject({ status: 200, body: "content" });
    expect(seen[1]).toEqual({
      get: ['"a"', undefined],
      headers: ['"a"', undefined],
      distinct: [['"a"'], undefined],
      raw: [["if-none-match", '"a"']],
      note: "hello",
    });
    expect(logged).toEqual([undefined, undefined, '"mine"', ["bytes=0-1"]]);
  });

  const ways: Record<string, (response: Response) => void> = {
    "Express's own": (response) => response.send("content"),
    "status and end": (response) => response.status(304).end(),
    "writeHead with fields": (response) => response.writeHead(304, { ETag: '"a"', "Content-Encoding": "br" }).end(),
    "a head that is flushed": (response) => {
      response.status(304).flushHeaders();
      setImmediate(() => response.end());
    },
    "a piece that is not sent anyway": (response) => {
      response.status(304).write("content", () => response.end());
    },
  };
  for (const [name, answer304] of Object.entries(ways)) {
    test(`is answered by a 304: ${name}`, async () => {
      let runs = 0;
      const handler: RequestHandler = (_request, response) => {
        runs++;
        response.set("ETag", '"a"');
        if (runs === 1) response.send("content");
        else answer304(response.set({ "Content-MD5": "of nothing", "X-Run": String(runs) }));
      };
      let requests = 0;
      const site = await startSite((cached) =>
        quietApp()
          .use((_request, response, next) => {
            response.set("X-Request", String(++requests));
            next();
          })
          .get("/", cached({ ttl: "1m" }), handler),
      );
      const first = await site.ask();
      await site.clock.advance("61s");
      for (const request of [2, 3]) {
        const answer = await site.ask();
        expect(answer.status).toBe(200);
        expect(answer.body).toBe("content");
        expect(answer.headers).toMatchObject({
          "content-type": first.headers["content-type"],
          "content-length": "7",
          "x-request": String(request),
          "x-run": "2",
        });
        expect(answer.headers).not.toHaveProperty("content-md5");
        expect(answer.headers).not.toHaveProperty("content-encoding");
      }
      expect(runs).toBe(2);
    });
  }
});
