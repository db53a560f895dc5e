import { setTimeout as sleep } from "node:timers/promises";
import type { Redis } from "ioredis";

/** Moves the slot of a key, and with it all keys in it, to the next master. */
export async function moveAway(key: string, masters: readonly Redis[]): Promise<void> {
  const slot = Number(await masters[0]?.cluster("KEYSLOT", key));
  const owner = await ownerOf(slot, masters);
  const next = masters[(masters.indexOf(owner) + 1) % masters.length] as Redis;
  await moveSlot(slot, owner, next, masters);
}

/** As an operator does it: a few keys at a time, while the slot is half here and half there. */
async function moveSlot(slot: number, from: Redis, to: Redis, masters: readonly Redis[]): Promise<void> {
  const source = String(await from.cluster("MYID"));
  const target = String(await to.cluster("MYID"));
  await to.cluster("SETSLOT", slot, "IMPORTING", source);
  await from.cluster("SETSLOT", slot, "MIGRATING", target);
  const { host = "127.0.0.1", port = 6379 } = to.options;
  for (;;) {
    const keys = (await from.cluster("GETKEYSINSLOT", slot, 5)) as string[];
    if (keys.length === 0) break;
    await from.call("MIGRATE", host, port, "", 0, 5_000, "REPLACE", "KEYS", ...keys);
  }
  // The target first: it must not happen that nobody has the slot.
  await to.cluster("SETSLOT", slot, "NODE", target);
  await from.cluster("SETSLOT", slot, "NODE", target);
  for (const master of masters) {
    if (master !== to && master !== from) await master.cluster("SETSLOT", slot, "NODE", target);
  }
  // What was said before the move may still be on its way and be taken for news: an operator would look again, too.
  for (let look = 0; look < 10; look++) {
    await sleep(50);
    for (const master of masters) {
      if ((await portOf(slot, master)) !== port) await master.cluster("SETSLOT", slot, "NODE", target);
    }
  }
}

/** The master of a slot, in the view of all masters. */
async function ownerOf(slot: number, masters: readonly Redis[]): Promise<Redis> {
  const ports = new Set(await Promise.all(masters.map((master) => portOf(slot, master))));
  const owner = masters.find(({ options }) => ports.has(options.port));
  if (ports.size !== 1 || owner === undefined) throw new Error(`the masters do not agree who has slot ${slot}`);
  return owner;
}

/** Where the master of a slot listens, in the view of one of the masters. */
async function portOf(slot: number, master: Redis): Promise<number | undefined> {
  for (const [first, last, node] of await master.cluster("SLOTS")) {
    if (first <= slot && slot <= last) return Number((node as unknown as [string, number])[1]);
  }
  return undefined;
}
