/**
 * Freezes a value and all that it holds. What cannot be frozen stays as it is: bytes in typed arrays, and the contents
 * of a `Map`, a `Set` or a `Date`.
 */
export function deepFreeze(value: unknown): unknown {
  const found: unknown[] = [value];
  for (let index = 0; index < found.length; index++) {
    const next = found[index];
    if (typeof next !== "object" || next === null || Object.isFrozen(next) || ArrayBuffer.isView(next)) continue;
    Object.freeze(next);
    for (const key of Reflect.ownKeys(next)) found.push((next as Record<PropertyKey, unknown>)[key]);
    if (next instanceof Map) for (const [key, item] of next) found.push(key, item);
    else if (next instanceof Set) for (const item of next) found.push(item);
  }
  return value;
}
