import { PassThrough, Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { expect, test } from "vitest";
import { captureNodeStream, octetsOf } from "./node-stream.ts";

const turn = () => new Promise((resolve) => setImmediate(resolve));

/** A capture that notes what it gets, and wants no more than `most` pieces. */
function capturing(most = Number.POSITIVE_INFINITY) {
  const got: string[] = [];
  return {
    got,
    write(piece: Uint8Array) {
      got.push(new TextDecoder().decode(piece));
      return got.length < most;
    },
    end: () => void got.push("end"),
    abort: () => void got.push("abort"),
  };
}

test("what is read is copied, octets and text", async () => {
  const capture = capturing();
  const stream = Readable.from([Buffer.from("a"), "b"], { objectMode: false });
  captureNodeStream(stream, capture);
  expect(String(await buffer(stream.pipe(new PassThrough())))).toBe("ab");
  expect(capture.got.slice(0, 3)).toEqual(["a", "b", "end"]);
});

test("it does not flow by itself", async () => {
  const capture = capturing();
  const stream = Readable.from(["a"]);
  captureNodeStream(stream, capture);
  await turn();
  expect([capture.got, stream.readableFlowing]).toEqual([[], null]);
});

test("what nobody has read is not whole", async () => {
  const capture = capturing();
  const stream = Readable.from([]);
  captureNodeStream(stream, capture);
  stream.resume();
  await turn();
  expect(capture.got[0]).toBe("abort");
});

test("when no more is wanted, no more is copied", async () => {
  const capture = capturing(1);
  const stream = Readable.from(["a", "b", "c"]);
  captureNodeStream(stream, capture);
  expect(String(await buffer(stream.pipe(new PassThrough())))).toBe("abc");
  expect(capture.got.filter((piece) => piece !== "end" && piece !== "abort")).toEqual(["a"]);
});

test("a stream that breaks is aborted", async () => {
  const capture = capturing();
  const stream = new Readable({ read() {} });
  captureNodeStream(stream, capture);
  stream.on("data", () => {}).on("error", () => {});
  stream.push("a");
  await turn();
  stream.destroy(new Error("as the test wants it"));
  await turn();
  expect(capture.got.slice(0, 2)).toEqual(["a", "abort"]);
});

test.each([
  [Uint8Array.of(195, 164), "ä"],
  ["ä", "ä"],
  [42, "42"],
  [null, "null"],
])("the octets of %o are those of %s", (piece, text) => {
  expect([...octetsOf(piece)]).toEqual([...new TextEncoder().encode(text)]);
});
