import assert from "node:assert/strict";

/**
 * Asserts that two values are equal throughout, of the same classes and linked alike: wherever one holds an object a
 * second time, the other holds its counterpart. Takes no stack for depth.
 */
export function assertIsomorphic(left: unknown, right: unknown): void {
  const counterparts = new Map<object, object>();
  const origins = new Map<object, object>();
  const pairs: [unknown, unknown][] = [[left, right]];
  for (let pair = pairs.pop(); pair !== undefined; pair = pairs.pop()) {
    const [one, other] = pair;
    if (!isObject(one) || !isObject(other)) {
      assert.ok(Object.is(one, other), `${String(one)} is not ${String(other)}`);
    } else if (counterparts.has(one) || origins.has(other)) {
      assert.ok(counterparts.get(one) === other && origins.get(other) === one, "objects are shared differently");
    } else {
      counterparts.set(one, other);
      origins.set(other, one);
      assert.equal(Object.getPrototypeOf(one), Object.getPrototypeOf(other));
      if (isWhole(one) && isWhole(other)) pairs.push([one.buffer, other.buffer]);
      const [parts, others] = [partsOf(one), partsOf(other)];
      assert.equal(parts.length, others.length);
      parts.forEach((part, index) => {
        pairs.push([part, others[index]]);
      });
    }
  }
}

/** What an object holds, in order: its internal contents, then name, attributes and value of each own property. */
function partsOf(object: object): unknown[] {
  if (ArrayBuffer.isView(object)) {
    return [Buffer.from(object.buffer, object.byteOffset, object.byteLength).toString("hex")];
  }
  const parts: unknown[] = [];
  if (object instanceof ArrayBuffer) parts.push(Buffer.from(object).toString("hex"));
  if (object instanceof Date) parts.push(object.getTime());
  if (object instanceof Map) for (const [key, value] of object) parts.push(key, value);
  if (object instanceof Set) parts.push(...object);
  // Nobody relies on the order in which an engine gives an error its message and stack.
  const keys = Reflect.ownKeys(object);
  for (const key of object instanceof Error ? keys.sort() : keys) {
    parts.push(key, Object.getOwnPropertyDescriptor(object, key)?.enumerable, Reflect.get(object, key));
  }
  return parts;
}

/** Of a view of a part of a buffer the rest need not be kept. */
function isWhole(object: object): object is ArrayBufferView {
  return ArrayBuffer.isView(object) && object.byteLength === object.buffer.byteLength;
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}
