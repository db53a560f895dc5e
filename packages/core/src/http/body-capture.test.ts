import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import { BodyCapture } from "./body-capture.ts";

setFlagsFromString("--expose-gc");
const collectGarbage: () => void = runInNewContext("gc");

/**
 * Waits until this process holds no more than so many bytes beyond what it holds now. Buffers are given back by another
 * thread some time after they were collected.
 */
function memoryLimit(): (most: number) => Promise<void> {
  const taken = () => {
    collectGarbage();
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    return heapUsed + arrayBuffers;
  };
  const before = taken();
  return (most) => vi.waitFor(() => expect(taken() - before).toBeLessThan(most), { timeout: 5_000, interval: 20 });
}

function capture(limit: number) {
  const ends: [body: number[] | undefined, reason: string][] = [];
  const body = new BodyCapture(limit, (bytes, reason) => {
    ends.push([bytes === undefined ? undefined : [...bytes], reason]);
  });
  return { body, ends };
}

describe("BodyCapture", () => {
  test("joins the pieces", () => {
    const { body, ends } = capture(10);
    expect(body.write(Uint8Array.of(1, 2))).toBe(true);
    expect(body.write(new Uint8Array(0))).toBe(true);
    expect(body.write(Uint8Array.of(3))).toBe(true);
    body.end();
    expect(ends).toEqual([[[1, 2, 3], "complete"]]);
  });

  test("an empty body is a body", () => {
    const { body, ends } = capture(0);
    expect(body.write(new Uint8Array(0))).toBe(true);
    body.end();
    expect(ends).toEqual([[[], "complete"]]);
  });

  test("copies, as a stream may use its buffer again", () => {
    const { body, ends } = capture(10);
    const buffer = new Uint8Array(2);
    for (const octet of [1, 2, 3]) {
      buffer.fill(octet);
      body.write(buffer);
    }
    buffer.fill(9);
    body.end();
    expect(ends).toEqual([[[1, 1, 2, 2, 3, 3], "complete"]]);
  });

  test("takes bodies up to the limit, and no octet more", () => {
    const full = capture(4);
    full.body.write(new Uint8Array(3));
    expect(full.body.write(new Uint8Array(1))).toBe(true);
    full.body.end();
    expect(full.ends).toEqual([[[0, 0, 0, 0], "complete"]]);

    const over = capture(4);
    over.body.write(new Uint8Array(3));
    expect(over.body.write(new Uint8Array(2))).toBe(false);
    expect(over.body.write(new Uint8Array(1))).toBe(false);
    over.body.end();
    over.body.abort();
    expect(over.ends).toEqual([[undefined, "too-large"]]);
  });

  test("ends once", () => {
    const aborted = capture(4);
    aborted.body.write(new Uint8Array(1));
    aborted.body.abort();
    aborted.body.abort();
    aborted.body.end();
    expect(aborted.body.write(new Uint8Array(1))).toBe(false);
    expect(aborted.ends).toEqual([[undefined, "aborted"]]);

    const ended = capture(4);
    ended.body.end();
    ended.body.end();
    ended.body.abort();
    expect(ended.body.write(new Uint8Array(1))).toBe(false);
    expect(ended.ends).toEqual([[[], "complete"]]);
  });

  test("the body is no view of a larger buffer", () => {
    let kept: Uint8Array | undefined;
    const body = new BodyCapture(1_000, (bytes) => {
      kept = bytes;
    });
    for (const length of [100, 1, 1]) body.write(new Uint8Array(length));
    body.end();
    expect(kept?.byteLength).toBe(102);
    expect(kept?.buffer.byteLength).toBe(102);
  });

  test("whatever the pieces, what comes out is what went in", () => {
    const pieces = fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 20 });
    fc.assert(
      fc.property(pieces, fc.nat(300), (written, limit) => {
        const { body, ends } = capture(limit);
        for (const piece of written) body.write(piece);
        body.end();
        const whole = written.flatMap((piece) => [...piece]);
        expect(ends).toEqual([whole.length <= limit ? [whole, "complete"] : [undefined, "too-large"]]);
      }),
    );
  });

  test("a body that comes octet by octet takes little more room than its octets", async () => {
    const octets = 2 ** 20;
    const body = new BodyCapture(octets, () => {});
    const octet = new Uint8Array(1);
    const holdsAtMost = memoryLimit();
    for (let count = 0; count < octets; count++) body.write(octet);
    // A list of pieces would take a hundred octets and more for each.
    await holdsAtMost(20 * octets);
    body.abort();
  });

  test.each(["too-large", "aborted", "complete"])("gives its memory back when it has ended: %s", async (end) => {
    const size = 2 ** 20;
    const piece = new Uint8Array(size);
    const holdsAtMost = memoryLimit();
    const kept = Array.from({ length: 32 }, () => {
      const body = new BodyCapture(size, () => {});
      body.write(piece);
      if (end === "too-large") body.write(piece);
      else if (end === "aborted") body.abort();
      else body.end();
      return body;
    });
    await holdsAtMost(8 * size);
    for (const body of kept) expect(body.write(piece)).toBe(false);
  });
});
