import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { copiedStream, drain, joined, readAhead, readerFrom } from "./web-body.ts";

const octets = (...values: number[]) => Uint8Array.from(values);

/** A body of pieces that are there at once; with `open` more may come, which never does. */
function bodyOf(pieces: readonly Uint8Array<ArrayBuffer>[], end: "closed" | "open" | "broken" = "closed") {
  const cancelled: unknown[] = [];
  const left = [...pieces];
  const stream = new ReadableStream<Uint8Array<ArrayBuffer>>(
    {
      pull(controller) {
        const piece = left.shift();
        if (piece !== undefined) controller.enqueue(piece);
        else if (end === "closed") controller.close();
        else if (end === "broken") controller.error(new Error("broken"));
        else return new Promise(() => {});
        return undefined;
      },
      cancel: (reason) => void cancelled.push(reason),
    },
    { highWaterMark: 0 },
  );
  return { cancelled, reader: stream.getReader() };
}

/** A capture that notes what it gets, and wants no more than `most` pieces. */
function capturing(most = Number.POSITIVE_INFINITY) {
  const got: (number[] | string)[] = [];
  return {
    got,
    write(piece: Uint8Array) {
      got.push([...piece]);
      return got.length < most;
    },
    end: () => void got.push("end"),
    abort: () => void got.push("abort"),
  };
}

describe("reading ahead", () => {
  test("takes all of a body that is there", async () => {
    const { reader } = bodyOf([octets(1), octets(2, 3)]);
    expect(await readAhead(reader)).toEqual({ pieces: [octets(1), octets(2, 3)], complete: true, next: undefined });
  });

  test("waits for nothing that is not there", async () => {
    const { reader } = bodyOf([octets(1)], "open");
    expect(await readAhead(reader)).toMatchObject({ pieces: [octets(1)], complete: false });
  });

  test("brings no more together than a mebibyte, and one piece", async () => {
    const piece = new Uint8Array(600_000);
    const { pieces, complete } = await readAhead(bodyOf(Array.from({ length: 9 }, () => piece)).reader);
    expect([pieces.length, complete]).toEqual([2, false]);
  });

  test("leaves an error to who reads on", async () => {
    const { reader } = bodyOf([octets(1)], "broken");
    const ahead = await readAhead(reader);
    expect(ahead.complete).toBe(false);
    const whole = readerFrom(reader, ahead);
    expect(await whole.read()).toEqual({ done: false, value: octets(1) });
    await expect(whole.read()).rejects.toThrow("broken");
  });

  test("loses nothing: what was ahead, the read under way, and the rest", async () => {
    const piece = new Uint8Array(600_000).fill(1);
    const pieces = Array.from({ length: 9 }, () => piece);
    const { reader } = bodyOf(pieces);
    const whole = readerFrom(reader, await readAhead(reader));
    let length = 0;
    for (let read = await whole.read(); !read.done; read = await whole.read()) length += read.value.byteLength;
    expect(length).toBe(9 * 600_000);
  });
});

describe("a copied stream", () => {
  test("gives the pieces as they are, and a copy", async () => {
    const capture = capturing();
    const stream = copiedStream(bodyOf([octets(1), octets(2)]).reader, capture);
    expect([...new Uint8Array(await new Response(stream).arrayBuffer())]).toEqual([1, 2]);
    expect(capture.got).toEqual([[1], [2], "end"]);
  });

  test("is read no sooner than it is read from", async () => {
    const capture = capturing();
    const reader = copiedStream(bodyOf([octets(1), octets(2)]).reader, capture).getReader();
    await reader.read();
    expect(capture.got).toEqual([[1]]);
  });

  test("passes an error on, and tells the copy", async () => {
    const capture = capturing();
    const stream = copiedStream(bodyOf([octets(1)], "broken").reader, capture);
    await expect(new Response(stream).arrayBuffer()).rejects.toThrow();
    expect(capture.got).toEqual([[1], "abort"]);
  });

  test("is cancelled where it comes from", async () => {
    const [capture, { cancelled, reader }] = [capturing(), bodyOf([octets(1)], "open")];
    await copiedStream(reader, capture).cancel("enough");
    expect([capture.got, cancelled]).toEqual([["abort"], ["enough"]]);
  });
});

describe("a body for the copy alone", () => {
  const going = new AbortController().signal;

  test("is read to its end", async () => {
    const capture = capturing();
    await drain(bodyOf([octets(1), octets(2)]).reader, capture, going);
    expect(capture.got).toEqual([[1], [2], "end"]);
  });

  test.each([
    ["that wants no more", capturing(1), going, [[1], "abort"]],
    ["whose time is up", capturing(), AbortSignal.abort(), ["abort"]],
  ] as const)("is read no further than for one %s", async (_, capture, signal, got) => {
    const { cancelled, reader } = bodyOf([octets(1), octets(2)], "open");
    await drain(reader, capture, signal);
    expect([capture.got, cancelled.length]).toEqual([got, 1]);
  });

  test("is not read at all for none", async () => {
    const { cancelled, reader } = bodyOf([octets(1)], "open");
    await drain(reader, undefined, going);
    expect(cancelled).toHaveLength(1);
  });

  test("that breaks is aborted", async () => {
    const capture = capturing();
    await drain(bodyOf([octets(1)], "broken").reader, capture, going);
    expect(capture.got).toEqual([[1], "abort"]);
  });
});

test("pieces are joined in their order", () => {
  const pieces = fc.array(fc.uint8Array());
  fc.assert(
    fc.property(pieces, (parts) => {
      expect([...joined(parts as Uint8Array<ArrayBuffer>[])]).toEqual(parts.flatMap((part) => [...part]));
    }),
  );
  const only = octets(1);
  expect(joined([only])).toBe(only);
});
