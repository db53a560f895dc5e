/** Tells an answer that is still to come from one that is there. */
export function isPromise<T>(value: T | Promise<T>): value is Promise<T> {
  // Not by `in`, of which engines remember less.
  return typeof value === "object" && value !== null && typeof (value as Partial<PromiseLike<T>>).then === "function";
}
