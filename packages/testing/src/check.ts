/** Fails the case. Plain errors, so that the cases run wherever JavaScript does. */
export function check(condition: boolean, what: string): asserts condition {
  if (!condition) throw new Error(`Not so: ${what}`);
}

export function equal(actual: unknown, expected: unknown, what: string): void {
  if (!Object.is(actual, expected)) throw new Error(`${what}: expected ${show(expected)}, got ${show(actual)}`);
}

/** Compares lists of plain values. */
export function equalLists(actual: readonly unknown[], expected: readonly unknown[], what: string): void {
  equal(show(actual), show(expected), what);
}

export function equalBytes(actual: object | undefined, expected: Uint8Array, what: string): void {
  check(actual instanceof Uint8Array, `${what}: bytes come back`);
  equal(actual.length, expected.length, `${what}: length`);
  for (let index = 0; index < expected.length; index++) {
    if (actual[index] !== expected[index]) equal(actual[index], expected[index], `${what}: octet ${index}`);
  }
}

function show(value: unknown): string {
  const text = typeof value === "object" && value !== null ? JSON.stringify(value) : String(value);
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}
