/**
 * Keeps so many calls of `get` under way for so many seconds, with the members of `order` in turn.
 * @returns how many calls were answered, and how many that makes a second
 */
export async function inFlight(
  get: (index: number) => Promise<unknown>,
  order: Uint32Array,
  together: number,
  seconds: number,
): Promise<{ done: number; perSecond: number }> {
  const start = performance.now();
  const end = start + 1_000 * seconds;
  let at = 0;
  let done = 0;
  const worker = async () => {
    do {
      at = at + 1 === order.length ? 0 : at + 1;
      await get(order[at] ?? 0);
      done++;
    } while (performance.now() < end);
  };
  await Promise.all(Array.from({ length: together }, worker));
  return { done, perSecond: (1_000 * done) / (performance.now() - start) };
}
