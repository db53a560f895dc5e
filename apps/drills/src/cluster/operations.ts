import { type Cache, createCache } from "@cachette/core";
import type { Finding } from "../drill.ts";
import type { OpenedBackend } from "../kit/place.ts";

/** Enough for keys in every part of the slots. */
const count = 300;

const numbers = Array.from({ length: count }, (_, index) => index);

/** A name, and what must be true of every one of many keys. */
type Operation = readonly [name: string, check: (cache: Cache, number: number) => Promise<boolean>];

const isGone = async (cache: Cache, key: string, namespace?: string): Promise<boolean> =>
  (await cache.get(key, namespace === undefined ? {} : { namespace })) === undefined;

const operations: readonly Operation[] = [
  ["set", (cache, number) => cache.set(`set-${number}`, { number })],
  ["get", async (cache, number) => (await cache.get<{ number: number }>(`set-${number}`))?.number === number],
  ["delete", async (cache, number) => (await cache.delete(`set-${number}`)) && isGone(cache, `set-${number}`)],
  [
    "getOrSet",
    async (cache, number) => {
      let loads = 0;
      const read = () => cache.getOrSet(`load-${number}`, () => ({ number, load: ++loads }), { tags: ["all"] });
      await read();
      return (await read()).number === number && loads === 1;
    },
  ],
  [
    "getOrSet, tags by the value",
    async (cache, number) => {
      let loads = 0;
      const tags = (value: { number: number }) => [`own-${value.number}`];
      const read = () => cache.getOrSet(`tagged-${number}`, () => ({ number, load: ++loads }), { tags });
      await read();
      await cache.invalidateTags([`own-${number}`]);
      return (await read()).load === 2 && loads === 2;
    },
  ],
  [
    "wrap, refresh, invalidate",
    async (cache, number) => {
      let loads = 0;
      const item = cache.wrap(async (id: number) => ({ id, load: ++loads }), { name: `item-${number}` });
      const first = await item(number);
      const again = await item(number);
      const fresh = await item.refresh(number);
      await item.invalidate(number);
      const last = await item(number);
      return first.load === 1 && again.load === 1 && fresh.load === 2 && last.load === 3;
    },
  ],
  [
    "namespace view",
    async (cache, number) => {
      const view = cache.namespace(`view-${number % 3}`);
      await view.set(`item-${number}`, number);
      return (await view.get(`item-${number}`)) === number && isGone(cache, `item-${number}`);
    },
  ],
];

/** What is done once, and must be true of many keys afterwards. */
const purges: readonly (readonly [name: string, purge: (cache: Cache) => Promise<unknown>, check: Operation[1]])[] = [
  ["invalidateTags", (cache) => cache.invalidateTags(["all"]), (cache, number) => isGone(cache, `load-${number}`)],
  [
    "invalidateTags, soft",
    async (cache) => {
      await Promise.all(numbers.map((number) => cache.set(`soft-${number}`, number, { tags: ["soft"] })));
      await cache.invalidateTags(["soft"], { soft: true });
    },
    (cache, number) => isGone(cache, `soft-${number}`),
  ],
  [
    "clear a namespace",
    (cache) => cache.clear({ namespace: "view-0" }),
    async (cache, number) => (await isGone(cache, `item-${number}`, `view-${number % 3}`)) === (number % 3 === 0),
  ],
  ["clear", (cache) => cache.clear(), (cache, number) => isGone(cache, `item-${number}`, `view-${number % 3}`)],
];

/** Every public operation on hundreds of keys; `entries` tells how many keys each master has. */
export async function allOperations(
  { backend }: OpenedBackend,
  entries: () => Promise<readonly number[]>,
): Promise<readonly Finding[]> {
  const failures: string[] = [];
  const cache = createCache({
    backend,
    prefix: "operations",
    // Hundreds of keys at once are no test of speed.
    deadline: "2s",
    onEvent: (event) => {
      if (event.type === "backend-error") failures.push(`${event.operation}: ${event.error.message}`);
    },
  });
  const wrong: string[] = [];
  const check = async (name: string, right: Operation[1]) => {
    const results = await Promise.all(numbers.map((number) => right(cache, number)));
    const misses = results.filter((result) => !result).length;
    if (misses > 0) wrong.push(`${name} with ${misses} of ${count} keys`);
  };
  for (const [name, right] of operations) await check(name, right);
  const spread = await entries();
  for (const [name, purge, right] of purges) {
    await purge(cache);
    await check(name, right);
  }
  if (!(await cache.ping())) wrong.push("ping");
  await cache.close();
  return [
    {
      where: "every public operation",
      invariant: `right with each of ${count} keys, no call fails`,
      seen: `${wrong.length} wrong of ${operations.length + purges.length + 1}${wrong.map((name) => `, ${name}`).join("")}; ${failures.length} calls failed${failures.length > 0 ? `: ${failures[0]}` : ""}`,
      holds: wrong.length === 0 && failures.length === 0,
    },
    {
      where: "every public operation",
      invariant: "keys on all three masters",
      seen: spread.join(" + "),
      holds: spread.length === 3 && spread.every((keys) => keys > count / 10),
    },
  ];
}
