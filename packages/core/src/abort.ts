/** Calls `task` once when `signal` is aborted, now if it is already. Gives what takes the listener away again. */
export function onAbort(signal: AbortSignal, task: (reason: unknown) => void): () => void {
  const listener = (): void => task(signal.reason);
  if (signal.aborted) listener();
  else signal.addEventListener("abort", listener, { once: true });
  return () => signal.removeEventListener("abort", listener);
}

/** Settles as `outcome` does, or rejects with the reason as soon as `signal` is aborted. */
export function abortable<T>(signal: AbortSignal, outcome: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = onAbort(signal, reject);
    outcome.then(resolve, reject).finally(stop);
  });
}
