/**
 * Collects all garbage, where this process was started with `--expose-gc`: whoever comes next does not pay for what
 * others have left.
 */
export function collectGarbage(): void {
  globalThis.gc?.();
}

/** Collects what has not become old yet. */
export function collectYoung(): void {
  globalThis.gc?.({ type: "minor" });
}
