/** Tells an answer that is still to come from one that is there. */
export function isPromise<T>(value: T | Promise<T>): value is Promise<T> {
  // Not by `in`, of which engines remember less.
  return typeof value === "object" && value !== null && typeof (value as Partial<PromiseLike<T>>).then === "function";
}

/** For who wants what comes as it is. */
export function same<T>(value: T): T {
  return value;
}

/** Goes on with an answer: at once if it is there. `failed`: with the error of one that was to come. */
export function goOnWith<T, R>(
  answer: T | Promise<T>,
  goOn: (value: T) => R | Promise<R>,
  failed?: (error: unknown) => R,
): R | Promise<R> {
  return isPromise(answer) ? answer.then(goOn, failed) : goOn(answer);
}
