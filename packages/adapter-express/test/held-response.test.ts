import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { holdResponse } from "@cachette/core/adapter";
import type { ResponseHead } from "@cachette/core/http";
import type { Response } from "express";
import { describe, expect, test } from "vitest";

import { type Answer, quietApp, type Site, signal, startSite } from "./stage.ts";

type Settled = (head: ResponseHead) => void | Promise<void>;

function heldSite(settled: Settled, handler: (response: Response) => unknown): Promise<Site> {
  return startSite(() =>
    quietApp().post("/", (_request, response) => {
      holdResponse(settled, response);
      return handler(response);
    }),
  );
}

const ways: Record<string, { readonly answer: (response: Response) => unknown; readonly length?: string }> = {
  "res.send": { answer: (response) => response.status(201).location("/x").send("content"), length: "7" },
  "writeHead and pieces": {
    answer: (response) => {
      response.writeHead(201, { Location: "/x" });
      response.write("con");
      response.write("tent");
      response.end();
    },
  },
  "writeHead with a list": {
    answer: (response) => response.writeHead(201, ["Location", "/x", "Content-Length", "7"]).end("content"),
    length: "7",
  },
  "flushed head, then pieces": {
    answer: (response) => {
      response.status(201).location("/x").flushHeaders();
      response.write(Buffer.from("con"));
      setImmediate(() => response.end("tent"));
    },
  },
};

describe("an answer whose head has to wait", () => {
  for (const [name, { answer, length }] of Object.entries(ways)) {
    for (const waits of [true, false]) {
      test(`${name}: ${waits ? "is held back until then, in order" : "goes out at once if there is nothing to wait for"}`, async () => {
        const heads: ResponseHead[] = [];
        const { done, set } = signal();
        let received: Answer | undefined;
        const reached = signal();
        const site = await heldSite(
          (head) => {
            heads.push(head);
            reached.set();
            return waits ? done : undefined;
          },
          (response) => {
            answer(response);
            if (response.headersSent !== true) throw new Error("the head counts as sent");
          },
        );
        const asked = site.ask("/", { method: "POST" }).then((settled) => {
          received = settled;
        });
        await reached.done;
        if (waits) {
          await new Promise((resolve) => setTimeout(resolve, 50));
          expect(received).toBeUndefined();
          set();
        }
        await asked;
        expect(received).toMatchObject({ status: 201, body: "content", headers: { location: "/x" } });
        if (length !== undefined) expect(received?.headers["content-length"]).toBe(length);
        expect(heads).toHaveLength(1);
        expect(heads[0]?.status).toBe(201);
        expect(heads[0]?.fields).toContainEqual(["Location", "/x"]);
      });
    }
  }

  test("is not sent in part: no head before its time", async () => {
    const { done, set } = signal();
    const flushed = signal();
    const site = await heldSite(
      () => done,
      (response) => {
        response.flushHeaders();
        flushed.set();
        setTimeout(() => response.end(), 100);
      },
    );
    let answered = false;
    const asked = site.ask("/", { method: "POST" }).then(() => {
      answered = true;
    });
    await flushed.done;
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(answered).toBe(false);
    set();
    await asked;
  });

  test("does not gather a long body, and asks for the rest of it when it goes on", async () => {
    const { done, set } = signal();
    const pieces = Array.from({ length: 100 }, (_, index) => Buffer.alloc(50_000, String(index)));
    let taken = 0;
    const site = await heldSite(
      () => done,
      (response) => {
        const source = Readable.from(
          (function* () {
            for (const piece of pieces) {
              taken++;
              yield piece;
            }
          })(),
          { objectMode: false },
        );
        return pipeline(source, response);
      },
    );
    const asked = site.ask("/", { method: "POST" });
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(taken).toBeGreaterThan(0);
    expect(taken).toBeLessThan(10);
    set();
    const { body } = await asked;
    const hash = (content: string | Buffer) => createHash("sha256").update(content).digest("hex");
    expect(hash(body)).toBe(hash(Buffer.concat(pieces)));
  });

  test("what cannot be written is told to the handler at once", async () => {
    const heads: ResponseHead[] = [];
    const site = await heldSite(
      (head) => {
        heads.push(head);
        return Promise.resolve();
      },
      (response) => {
        expect(() => response.write(null as unknown as string)).toThrow();
        expect(() => response.end(5 as unknown as string)).toThrow();
        expect(() => response.writeHead(9000)).toThrow();
        response.status(409).send("no");
      },
    );
    expect(await site.ask("/", { method: "POST" })).toMatchObject({ status: 409, body: "no" });
    expect(heads.map(({ status }) => status)).toEqual([409]);
  });
});

test("a method that is not safe ends what was stored, before its answer is out", async () => {
  let runs = 0;
  const site = await startSite((cached) =>
    quietApp()
      .use(cached({ ttl: "1m" }))
      .get("/{:name}", (_request, response) => response.send(`run ${++runs}`))
      .post("/", (_request, response) => response.redirect(303, "/other")),
  );
  expect([(await site.ask()).body, (await site.ask("/other")).body]).toEqual(["run 1", "run 2"]);
  expect((await site.ask("/", { method: "POST" })).status).toBe(303);
  expect([(await site.ask()).body, (await site.ask("/other")).body]).toEqual(["run 3", "run 4"]);
});
