import { once } from "node:events";
import { IncomingMessage, ServerResponse } from "node:http";
import { Socket } from "node:net";
import { Readable, Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { afterEach, expect, test, vi } from "vitest";
import { type Received, runForNobody } from "./background-run.ts";

const received: Received = {
  method: "GET",
  httpVersion: "1.1",
  httpVersionMajor: 1,
  httpVersionMinor: 1,
  headers: { host: "shop.example" },
  headersDistinct: { host: ["shop.example"] },
  rawHeaders: ["Host", "shop.example"],
  socket: { remoteAddress: "192.0.2.1", encrypted: true, bytesRead: 7 },
};

/** What a handler may ask of a connection. */
const facts = {
  ...{ authorized: true, encrypted: true, server: {} },
  ...{ localAddress: "192.0.2.2", localFamily: "IPv4", localPort: 443 },
  ...{ remoteAddress: "192.0.2.1", remoteFamily: "IPv4", remotePort: 50_000 },
};

/** Runs once, and resolves when it has ended. `errors`: what nobody caught. */
function run(
  handle: (request: IncomingMessage, response: ServerResponse, stop: () => void) => void,
  different: Partial<Received> = {},
) {
  const socket = new Socket();
  const request = new IncomingMessage(socket);
  const response = new ServerResponse(request);
  let ends = 0;
  const ended = new Promise<void>((resolve) => {
    const dispatch = (stop: () => void) => handle(request, response, stop);
    runForNobody({ ...received, ...different }, "/a?b", { socket, request, response }, dispatch, () => {
      ends++;
      resolve();
    });
  });
  return { request, response, socket, ended, ends: () => ends };
}

afterEach(() => {
  vi.useRealTimers();
});

test("the request is the one that was received, on a connection like that one, without a body", async () => {
  const seen: unknown[] = [];
  const { ended } = run((request, response) => {
    const { method, url, httpVersion, headers, headersDistinct, rawHeaders, complete } = request;
    seen.push({ method, url, httpVersion, headers, headersDistinct, rawHeaders, complete });
    seen.push([request.socket.remoteAddress, Reflect.get(request.socket, "encrypted"), request.socket.localAddress]);
    request.on("end", () => response.end("done")).resume();
  });
  await ended;
  const { headers, headersDistinct, rawHeaders } = received;
  expect(seen).toEqual([
    { method: "GET", url: "/a?b", httpVersion: "1.1", headers, headersDistinct, rawHeaders, complete: true },
    ["192.0.2.1", true, undefined],
  ]);
});

test("all that is known of the connection is told, and can be changed", async () => {
  const seen: unknown[] = [];
  const { ended } = run(
    ({ socket }, response) => {
      seen.push(Object.fromEntries(Object.keys(facts).map((name) => [name, Reflect.get(socket, name)])));
      seen.push(Reflect.set(socket, "encrypted", false), Reflect.get(socket, "encrypted"));
      response.end();
    },
    { socket: facts },
  );
  await ended;
  expect(seen).toEqual([facts, true, false]);
});

test("a connection that throws, as those of HTTP/2 do once they are closed, is one of which nothing is known", async () => {
  const socket = new Proxy(
    {},
    {
      get() {
        throw new Error("as the test wants it");
      },
    },
  );
  const seen: unknown[] = [];
  const { ended } = run(
    (request, response) => {
      seen.push(request.socket.remoteAddress);
      response.end();
    },
    { socket },
  );
  await ended;
  expect(seen).toEqual([undefined]);
});

test("it begins later, and what is changed in it is not changed in what was received", async () => {
  let begun = false;
  const { ended } = run((request, response) => {
    begun = true;
    request.headers.host = "other.example";
    request.headersDistinct.host = ["other.example"];
    request.rawHeaders.push("X", "y");
    response.end();
  });
  expect(begun).toBe(false);
  await ended;
  expect([begun, received.rawHeaders.length]).toEqual([true, 2]);
  expect([received.headers, received.headersDistinct]).toEqual([{ host: "shop.example" }, { host: ["shop.example"] }]);
});

test.each<[string, (response: ServerResponse) => (piece: Buffer) => Promise<unknown>]>([
  [
    "looks whether there is room",
    (response) => async (piece) => {
      response.write(piece);
      if (response.writableNeedDrain) await once(response, "drain");
    },
  ],
  [
    "writes as to a stream of the Web",
    (response) => {
      const writer = Writable.toWeb(response).getWriter();
      return (piece) => writer.write(piece);
    },
  ],
])("an answer of any length is taken, by one who %s", async (_, writerOf) => {
  const { ended } = run(async (_request, response) => {
    const write = writerOf(response);
    for (let count = 0; count < 5; count++) await write(Buffer.alloc(40_000));
    response.end();
  });
  await ended;
});

test("an answer of any length is taken, by one who is told of room", async () => {
  const pieces = Array.from({ length: 40 }, () => Buffer.alloc(100_000));
  let taken: Promise<void> | undefined;
  const { ended } = run((_request, response) => {
    taken = pipeline(Readable.from(pieces), response);
  });
  await ended;
  await expect(taken).resolves.toBeUndefined();
});

test.each<[string, (request: IncomingMessage, response: ServerResponse, stop: () => void) => void]>([
  ["an answer", (_request, response) => void response.end("done")],
  [
    "an application that throws",
    () => {
      throw new Error("as the test wants it");
    },
  ],
  ["an application that passes it on", (_request, _response, stop) => stop()],
  [
    "a request that is destroyed after it was read",
    (request) => {
      request.on("end", () => request.destroy(new Error("as the test wants it"))).resume();
    },
  ],
  ["an answer that is destroyed", (_request, response) => void response.destroy(new Error("as the test wants it"))],
  ["a request that is destroyed", (request) => void request.destroy(new Error("as the test wants it"))],
  [
    "an answer that is written to after its end",
    (_request, response) => {
      response.end();
      response.write("more");
    },
  ],
])("%s ends it, once, and lets go of the connection", async (_, handle) => {
  const { ended, ends, socket } = run(handle);
  await ended;
  await new Promise((resolve) => setImmediate(resolve));
  expect([ends(), socket.destroyed]).toEqual([1, true]);
});

test("nothing is left of it: what was received is read to its end, and there is no timer", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  const { ended, request } = run((_request, response) => void response.end("done"));
  expect(vi.getTimerCount()).toBe(1);
  await ended;
  await new Promise((resolve) => setImmediate(resolve));
  expect([request.readableEnded, vi.getTimerCount()]).toEqual([true, 0]);
});

test("after a minute it is ended", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  let begin = () => {};
  const begun = new Promise<void>((resolve) => {
    begin = resolve;
  });
  const { ended, ends } = run(() => begin());
  await begun;
  vi.advanceTimersByTime(59_999);
  expect(ends()).toBe(0);
  vi.advanceTimersByTime(1);
  await ended;
});
