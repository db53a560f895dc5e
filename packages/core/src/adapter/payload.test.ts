import { PassThrough, Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { describe, expect, test } from "vitest";
import type { Capture, MissTicket, Reply, ResponseHead } from "../http/index.ts";
import { recordPayload } from "./payload.ts";

const head = { status: 200, fields: [] };
const stored: Reply = { status: 200, fields: [], body: "stored" };
const decoded = (octets: Uint8Array) => new TextDecoder().decode(octets);

/** A ticket that notes what is called, and answers with what it is given. */
function noting({
  reply,
  notModified = false,
  wanted = true,
}: {
  reply?: Reply;
  notModified?: boolean;
  wanted?: boolean;
} = {}) {
  const calls: unknown[] = [];
  const capture: Capture = {
    write: (piece) => calls.push(decoded(piece)) > 0,
    end: () => void calls.push("end"),
    abort: () => void calls.push("abort"),
  };
  const ticket = {
    commit(_head: ResponseHead, body: Uint8Array) {
      calls.push(["commit", decoded(body)]);
      return { reply, set: [["Age", "0"]], notModified, remove: ["content-type"] };
    },
    stream() {
      calls.push("stream");
      return { reply, set: [["Age", "0"]], capture: wanted ? capture : undefined };
    },
    abandon: () => void calls.push("abandon"),
  } as unknown as MissTicket;
  return { calls, ticket };
}

describe("a whole payload", () => {
  test.each<[string, unknown, number, string]>([
    ["a text", "t\u00e4xt", 200, "t\u00e4xt"],
    ["octets", new TextEncoder().encode("octets"), 200, "octets"],
    ["nothing", null, 200, ""],
    ["nothing said", undefined, 200, ""],
    ["what does not go out with its status", "text", 204, ""],
    ["what is no content", "text", 304, ""],
  ])("is told and sent as it is: %s", (_, payload, status, told) => {
    const { calls, ticket } = noting();
    const verdict = recordPayload(ticket, { ...head, status }, payload);
    expect(calls).toEqual([["commit", told]]);
    expect(verdict).toMatchObject({ payload, set: [["Age", "0"]], reply: undefined });
  });

  test("is not sent where the client has it", () => {
    const verdict = recordPayload(noting({ notModified: true }).ticket, head, "text");
    expect(verdict).toMatchObject({ payload: null, notModified: true, remove: ["content-type"] });
  });

  test("gives way to a reply", () => {
    expect(recordPayload(noting({ reply: stored }).ticket, head, "text").reply).toBe(stored);
  });
});

const streams: [string, () => unknown, (payload: unknown) => Promise<string>][] = [
  ["of Node", () => Readable.from(["a", "b"]), (payload) => text((payload as Readable).pipe(new PassThrough()))],
  ["of the Web", () => ReadableStreamFrom(["a", "b"]), (payload) => text(payload as ReadableStream)],
];

const ReadableStreamFrom = (pieces: string[]) =>
  new ReadableStream({
    pull(controller) {
      const piece = pieces.shift();
      if (piece === undefined) controller.close();
      else controller.enqueue(new TextEncoder().encode(piece));
    },
  });

describe.each(streams)("a stream %s", (_, make, read) => {
  test("is copied on its way", async () => {
    const { calls, ticket } = noting();
    const { payload, capture, set } = recordPayload(ticket, head, make());
    expect([calls, capture === undefined, set]).toEqual([["stream"], false, [["Age", "0"]]]);
    expect(await read(payload)).toBe("ab");
    expect(calls.slice(1, 4)).toEqual(["a", "b", "end"]);
  });

  test("is left alone where no copy is wanted", () => {
    const stream = make();
    const { payload, capture } = recordPayload(noting({ wanted: false }).ticket, head, stream);
    expect([payload === stream, capture]).toEqual([true, undefined]);
  });

  test("is let go of where a reply takes its place", () => {
    const stream = make();
    const verdict = recordPayload(noting({ reply: stored }).ticket, head, stream);
    expect([verdict.reply, verdict.capture]).toEqual([stored, undefined]);
    if (stream instanceof Readable) expect(stream.destroyed).toBe(true);
  });
});

test("of a stream that is let go of, no error is heard", async () => {
  const stream = new Readable({
    read() {},
    destroy: (_error, done) => done(new Error("as the test wants it")),
  });
  recordPayload(noting({ reply: stored }).ticket, head, stream);
  await new Promise((resolve) => setImmediate(resolve));
  expect(stream.destroyed).toBe(true);
});

test("a stream that somebody else reads, and what is no payload, are passed on", () => {
  const locked = ReadableStreamFrom(["a"]);
  locked.getReader();
  for (const payload of [locked, { some: "object" }, 42]) {
    const { calls, ticket } = noting();
    expect(recordPayload(ticket, head, payload)).toMatchObject({ payload, set: [], reply: undefined });
    expect(calls).toEqual(["abandon"]);
  }
});
