import type { ByteBackend, Mark, Stamp } from "@cachette/core";
import { createCache } from "@cachette/core";
import { expect, test } from "vitest";

/** A backend that has no record of a label until it is first asked for it, as one that may forget must do it. */
function forgetfulBackend(): ByteBackend {
  const values = new Map<string, Uint8Array>();
  const stamps = new Map<string, Stamp>();
  let mark: Mark = { epoch: "first", seq: 0 };
  return {
    name: "forgetful",
    holds: "bytes",
    get: async (key) => values.get(key),
    set: async (key, value) => {
      values.set(key, value);
    },
    delete: async (key) => values.delete(key),
    versions: () => ({
      current: undefined,
      async read(labels) {
        for (const label of labels) {
          if (!stamps.has(label)) stamps.set(label, { hard: mark.seq, soft: mark.seq });
        }
        return { mark, stamps: labels.map((label) => stamps.get(label) as Stamp) };
      },
      async advance(labels) {
        mark = { epoch: mark.epoch, seq: mark.seq + 1 };
        for (const label of labels) stamps.set(label, { hard: mark.seq, soft: 0 });
      },
    }),
    close() {},
  };
}

test("an entry with tags from its result outlives the purge of another tag before its first hit", async () => {
  const cache = createCache({ backend: forgetfulBackend() });
  let loads = 0;
  const load = async (id: number) => ({ id, load: ++loads });
  const report = cache.wrap(load, { name: "report", tags: ({ id }) => [`report:${id}`] });

  await Promise.all([report(7), report(8)]);
  await cache.invalidateTags(["report:7"]);

  expect(await report(8)).toEqual({ id: 8, load: 2 });
  expect(await report(7)).toEqual({ id: 7, load: 3 });
  await cache.invalidateTags(["report:8"]);
  expect(await report(8)).toEqual({ id: 8, load: 4 });
});
