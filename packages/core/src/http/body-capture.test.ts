import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { BodyCapture } from "./body-capture.ts";

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

  test("a body that comes octet by octet takes little more room than its octets", () => {
    const { gc } = globalThis as { gc?: () => void };
    const octets = 2 ** 20;
    const body = new BodyCapture(octets, () => {});
    const octet = new Uint8Array(1);
    gc?.();
    const before = process.memoryUsage();
    for (let count = 0; count < octets; count++) body.write(octet);
    gc?.();
    const after = process.memoryUsage();
    const taken = after.heapUsed + after.arrayBuffers - before.heapUsed - before.arrayBuffers;
    // A list of pieces would take a hundred octets and more for each.
    expect(taken).toBeLessThan(20 * octets);
    body.abort();
  });
});
