import assert from "node:assert/strict";

/**
 * Asserts that two values are equal throughout and are linked alike: wherever one holds an object a second time, the
 * other does so too. For tests only.
 */
export function assertIsomorphic(left: unknown, right: unknown): void {
  const partners = new Map<object, object>();
  const pairs: [unknown, unknown][] = [[left, right]];
  for (let pair = pairs.pop(); pair !== undefined; pair = pairs.pop()) {
    const [one, other] = pair;
    if (typeof one !== "object" || one === null || typeof other !== "object" || other === null) {
      assert.ok(Object.is(one, other), `${String(one)} is not ${String(other)}`);
      continue;
    }
    if (partners.has(one) || partners.has(other)) {
      assert.ok(partners.get(one) === other && partners.get(other) === one, "objects are shared differently");
      continue;
    }
    partners.set(one, other).set(other, one);
    assert.equal(Object.getPrototypeOf(one), Object.getPrototypeOf(other));
    pairs.push(...partsOf(one, other));
  }
}

function partsOf(one: object, other: object): [unknown, unknown][] {
  const pairs: [unknown, unknown][] = [];
  if (ArrayBuffer.isView(one) && ArrayBuffer.isView(other)) {
    assert.deepEqual(bytesOf(one), bytesOf(other));
    return one.byteLength === one.buffer.byteLength ? [[one.buffer, other.buffer]] : [];
  }
  if (one instanceof ArrayBuffer && other instanceof ArrayBuffer) {
    assert.deepEqual(new Uint8Array(one), new Uint8Array(other));
  }
  if (one instanceof Date && other instanceof Date) pairs.push([one.getTime(), other.getTime()]);
  if (one instanceof Map && other instanceof Map) pairs.push(...zip([...one].flat(), [...other].flat()));
  if (one instanceof Set && other instanceof Set) pairs.push(...zip([...one], [...other]));
  // Values of properties and items, their names in order, and whether they are enumerable; the length of arrays.
  const descriptors = [one, other].map((object) => Object.getOwnPropertyDescriptors(object)) as [
    Descriptors,
    Descriptors,
  ];
  const names = descriptors.map((own) => Object.keys(own));
  pairs.push(...zip(names[0] as string[], names[1] as string[]));
  for (const name of names[0] as string[]) {
    const [mine, yours] = descriptors.map((own) => Object.getOwnPropertyDescriptor(own, name)?.value);
    assert.equal(mine?.enumerable, yours?.enumerable, name);
    pairs.push([Reflect.get(one, name), Reflect.get(other, name)]);
  }
  return pairs;
}

type Descriptors = Record<string, PropertyDescriptor>;

function zip(left: readonly unknown[], right: readonly unknown[]): [unknown, unknown][] {
  assert.equal(left.length, right.length);
  return left.map((item, index) => [item, right[index]]);
}

function bytesOf(view: ArrayBufferView): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength).slice();
}
