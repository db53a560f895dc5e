// Run with --expose-gc in a process of its own: what hits leave behind until the old are collected, in bytes for each,
// where a backend answers later, as all do that are elsewhere. What waits for it is on lists, and must not grow old there.
import { memoryBackend } from "@cachette/backend-memory";
import { createCache, type ObjectBackend } from "@cachette/core";
import { collectGarbage, collectYoung } from "../garbage.ts";

const keys = 100;
const together = 64;
const hits = 50_000;
/** V8 makes up its mind about what stays while the code is running. Until it is compiled, that takes memory as well. */
const rounds = 6;
const warm = 1;

console.log(await measureHitLeftovers());

/** The most of all rounds after the first. */
async function measureHitLeftovers(): Promise<number> {
  const cache = createCache({ backend: answeringLater(), ttl: "1h" });
  const get = (index: number) => cache.getOrSet(`key:${index}`, () => ({ text: "x".repeat(500), index }));
  for (let key = 0; key < keys; key++) await get(key);
  let most = 0;
  for (let round = 0; round < rounds; round++) {
    // V8 drops code that was not called between two full collections.
    await ask(get);
    collectGarbage();
    await ask(get);
    // Twice, after which what is alive counts as old; all that is dead has gone unless something old holds it.
    for (let turn = 0; turn < 2; turn++) collectYoung();
    const before = process.memoryUsage().heapUsed;
    collectGarbage();
    if (round >= warm) most = Math.max(most, (before - process.memoryUsage().heapUsed) / hits);
  }
  await cache.close();
  return most;
}

async function ask(get: (index: number) => Promise<unknown>): Promise<void> {
  let left = hits;
  const worker = async () => {
    while (left-- > 0) await get(left % keys);
  };
  await Promise.all(Array.from({ length: together }, worker));
}

/** A backend in this process that answers all that was asked in one turn of the event loop in the next. */
function answeringLater(): ObjectBackend {
  const inner = memoryBackend({ maxEntries: 1_000 });
  let waiting: (() => void)[] = [];
  const later = <T>(answer: () => T | Promise<T>) =>
    new Promise<T>((resolve) => {
      if (waiting.push(() => resolve(answer())) > 1) return;
      setImmediate(() => {
        const all = waiting;
        waiting = [];
        for (const each of all) each();
      });
    });
  return {
    name: "later",
    holds: "objects",
    get: (key) => later(() => inner.get(key)),
    set: (key, value, options) => later(() => inner.set(key, value, options)),
    delete: (key) => later(() => inner.delete(key)),
    close: () => inner.close(),
    versions(scope) {
      const versions = inner.versions(scope);
      return {
        current: undefined,
        read: (labels) => later(() => versions.read(labels)),
        advance: (labels, kind) => versions.advance(labels, kind),
      };
    },
  };
}
