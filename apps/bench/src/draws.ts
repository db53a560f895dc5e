/** Numbers from 0 to 1, the same in every run (Mulberry32). */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** All numbers from 0 up to `keys`, each once, in no order. */
export function shuffled(keys: number, seed = 1): Uint32Array {
  const random = randomFrom(seed);
  const ids = Uint32Array.from({ length: keys }, (_, id) => id);
  for (let index = keys - 1; index > 0; index--) {
    const other = Math.floor(random() * (index + 1));
    [ids[index], ids[other]] = [ids[other] ?? 0, ids[index] ?? 0];
  }
  return ids;
}

/**
 * `length` draws from 0 up to `keys`, Zipf-distributed with exponent 1: the n-th most popular comes up 1/n as often as
 * the first. Which ones are popular is shuffled, so they do not lie side by side in memory.
 */
export function zipf(keys: number, length: number, seed = 1): Uint32Array {
  const ids = shuffled(keys, seed);
  const random = randomFrom(seed + 1);
  const sums = new Float64Array(keys);
  let sum = 0;
  for (let rank = 0; rank < keys; rank++) {
    sum += 1 / (rank + 1);
    sums[rank] = sum;
  }
  return Uint32Array.from({ length }, () => ids[firstAbove(sums, random() * sum)] ?? 0);
}

function firstAbove(sums: Float64Array, value: number): number {
  let low = 0;
  let high = sums.length - 1;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sums[middle] ?? 0) > value) high = middle;
    else low = middle + 1;
  }
  return low;
}
