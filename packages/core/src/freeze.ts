/**
 * Freezes a value and all that it holds. What cannot be frozen stays as it is: bytes in typed arrays, and the contents
 * of a `Map`, a `Set` or a `Date`.
 */
export function deepFreeze(value: unknown): unknown {
  const found = new Set<unknown>([value]);
  for (const next of found) {
    if (typeof next !== "object" || next === null || ArrayBuffer.isView(next)) continue;
    Object.freeze(next);
    for (const key of Reflect.ownKeys(next)) found.add((next as Record<PropertyKey, unknown>)[key]);
    if (next instanceof Map) for (const [key, item] of next) found.add(key).add(item);
    else if (next instanceof Set) for (const item of next) found.add(item);
  }
  return value;
}
