import { describe, expect, test } from "vitest";
import type { Capture, HeaderFields, MissTicket, Reply, ResponseHead } from "../http/index.ts";
import { type FetchRecording, fetchResponse, recordFetch } from "./fetch-response.ts";

const signal = new AbortController().signal;
const before = [
  ["x-before", "1"],
  ["x-changed", "1"],
] as const;
const stored: Reply = { status: 200, fields: [["ETag", '"stored"']], body: "stored" };

/** A ticket that notes what is called, and answers with what it is given. */
function noting({
  reply,
  set = [],
  notModified = false,
}: {
  reply?: Reply;
  set?: HeaderFields;
  notModified?: boolean;
}) {
  const calls: unknown[] = [];
  const capture: Capture = {
    write: (piece) => calls.push(["write", new TextDecoder().decode(piece)]) > 0,
    end: () => void calls.push("end"),
    abort: () => void calls.push("abort"),
  };
  const ticket = {
    commit(head: ResponseHead, body: Uint8Array) {
      calls.push(["commit", head, new TextDecoder().decode(body)]);
      return { reply, set, notModified, remove: ["content-type"] };
    },
    stream(head: ResponseHead) {
      calls.push(["stream", head]);
      return { reply, set, capture };
    },
    abandon: () => void calls.push("abandon"),
  } as unknown as MissTicket;
  return { calls, ticket };
}

/** A body whose second piece comes later. */
function slowBody(): ReadableStream {
  const pieces = ["one", "two"];
  return new ReadableStream({
    async pull(controller) {
      if (pieces.length === 1) await new Promise((resolve) => setTimeout(resolve, 5));
      const piece = pieces.shift();
      if (piece === undefined) controller.close();
      else controller.enqueue(new TextEncoder().encode(piece));
    },
  });
}

const record = (ticket: MissTicket, response: Response, more: Partial<FetchRecording> = {}) =>
  recordFetch(ticket, response, { before, whom: "client", signal, ...more });

describe("a whole answer", () => {
  test("is told with the handler's own fields, and sent with what the ticket sets", async () => {
    const { calls, ticket } = noting({ set: [["Age", "0"]] });
    const headers = { "X-Before": "1", "X-Changed": "2", "X-New": "1" };
    const sent = await record(ticket, new Response(new TextEncoder().encode("text"), { status: 201, headers }));
    const fields = [
      ["x-changed", "2"],
      ["x-new", "1"],
    ];
    expect(calls).toEqual([["commit", { status: 201, fields }, "text"]]);
    expect([sent?.status, sent?.headers.get("age"), sent?.headers.get("x-before"), await sent?.text()]).toEqual([
      201,
      "0",
      "1",
      "text",
    ]);
  });

  test("keeps its reason phrase", async () => {
    const sent = await record(noting({}).ticket, new Response("text", { status: 404, statusText: "Gone Fishing" }));
    expect([sent?.status, sent?.statusText]).toEqual([404, "Gone Fishing"]);
  });

  test("whose body is known is not asked for it", async () => {
    const headers = { "Content-Type": "text/plain" };
    const response = new Response(slowBody(), { status: 203, headers });
    const fields = [["content-type", "text/plain"]];
    const { calls, ticket } = noting({ set: [["Age", "0"]] });
    const sent = await record(ticket, response, { body: "ü" });
    expect(calls).toEqual([["commit", { status: 203, fields }, "ü"]]);
    expect([sent?.status, sent?.headers.get("age"), await sent?.text()]).toEqual([203, "0", "ü"]);
    expect((await record(noting({}).ticket, response, { body: null }))?.body).toBeNull();
    expect([response.bodyUsed, response.body?.locked]).toEqual([false, false]);
  });

  test("without a body has none", async () => {
    const { calls, ticket } = noting({});
    const sent = await record(ticket, new Response(null, { status: 204 }));
    expect([calls.length, sent?.status, sent?.body]).toEqual([1, 204, null]);
  });

  test("that the client has already is a 304", async () => {
    const { ticket } = noting({ notModified: true });
    const sent = await record(ticket, new Response("text", { headers: { ETag: '"a"' } }));
    expect([sent?.status, sent?.headers.has("content-type"), sent?.headers.get("etag"), sent?.body]).toEqual([
      304,
      false,
      '"a"',
      null,
    ]);
  });

  test("gives way to the ticket's reply, on top of what was set before", async () => {
    const { ticket } = noting({ reply: stored });
    const sent = await record(ticket, new Response("text", { headers: { "X-New": "1" } }));
    expect([...(sent?.headers ?? [])]).toEqual([
      ["etag", '"stored"'],
      ["x-before", "1"],
      ["x-changed", "1"],
    ]);
    expect(await sent?.text()).toBe("stored");
  });
});

describe("an answer in pieces", () => {
  test("goes on as it comes, and is copied", async () => {
    const { calls, ticket } = noting({ set: [["Age", "0"]] });
    const sent = await record(ticket, new Response(slowBody()));
    expect(calls).toEqual([["stream", { status: 200, fields: [] }]]);
    expect([sent?.headers.get("age"), await sent?.text()]).toEqual(["0", "onetwo"]);
    expect(calls.slice(1)).toEqual([["write", "one"], ["write", "two"], "end"]);
  });

  test("for nobody is read here", async () => {
    const { calls, ticket } = noting({});
    const sent = await record(ticket, new Response(slowBody()), { whom: "background" });
    expect([calls.at(-1), sent?.body]).toEqual(["end", null]);
  });

  test("gives way to the ticket's reply, and is read no further", async () => {
    const { calls, ticket } = noting({ reply: stored });
    const sent = await record(ticket, new Response(slowBody()));
    expect([calls.length, await sent?.text()]).toEqual([1, "stored"]);
  });
});

test("what was read already, and what is no answer, is of no use", async () => {
  const read = new Response("text");
  await read.text();
  for (const response of [read, Response.error()]) {
    const { calls, ticket } = noting({});
    expect([await record(ticket, response), calls]).toEqual([undefined, ["abandon"]]);
  }
});

test.each<[Reply["body"], HeaderFields, string | null, string]>([
  ["text", [], null, "text"],
  ["text", [["Content-Type", "a/b"]], "a/b", "text"],
  [new TextEncoder().encode("octets"), [], null, "octets"],
  ["", [], null, ""],
  [undefined, [], null, ""],
])("a reply with %o and %o has the type %o", async (body, fields, type, text) => {
  const response = fetchResponse({ status: 200, fields, body }, before);
  expect([response.headers.get("content-type"), response.headers.get("x-before")]).toEqual([type, "1"]);
  expect(await response.text()).toBe(text);
});

test("a reply without content to a status that takes none is no error", () => {
  expect(fetchResponse({ status: 304, fields: [], body: undefined }, before).status).toBe(304);
});
