import type { Subject } from "./rounds.ts";

/** How many operations lie between two looks at the clock. */
const batch = 1_000;

/** Calls `get` with the members of `order` in turn, over and over, `together` at a time, each time awaiting them all. */
export function timed(
  name: string,
  get: (index: number) => unknown,
  order: Uint32Array,
  together = 1,
  perLook = batch,
): Subject {
  let at = 0;
  const next = () => {
    at = at + 1 === order.length ? 0 : at + 1;
    return order[at] ?? 0;
  };
  const one = async () => {
    for (let count = 0; count < perLook; count++) await get(next());
  };
  const many = async () => {
    for (let count = 0; count < perLook; count += together) {
      const pending: unknown[] = [];
      for (let index = 0; index < together; index++) pending.push(get(next()));
      await Promise.all(pending);
    }
  };
  const run = together === 1 ? one : many;
  const each = Math.ceil(perLook / together) * together;
  return { name, measure: (seconds) => rateOf(run, each, seconds) };
}

/** Runs something that does `operations` again and again for so many seconds: how many it does in one. */
export async function rateOf(run: () => Promise<void>, operations: number, seconds: number): Promise<number> {
  const start = performance.now();
  const end = start + 1_000 * seconds;
  let done = 0;
  let now = start;
  do {
    await run();
    done += operations;
    now = performance.now();
  } while (now < end);
  return (1_000 * done) / (now - start);
}
