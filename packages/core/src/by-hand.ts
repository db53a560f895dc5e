import { Changes } from "./changes.ts";
import type { Entry } from "./entry.ts";
import type { Loads } from "./loads.ts";
import type { Outbox } from "./outbox.ts";
import type { Policy } from "./policy.ts";
import type { Store } from "./store.ts";

/** What is removed and put in by hand, whatever is being loaded meanwhile. */
export class ByHand {
  readonly #store: Store;
  readonly #loads: Loads;
  readonly #outbox: Outbox;
  readonly #changes = new Changes();

  constructor(store: Store, loads: Loads, outbox: Outbox) {
    this.#store = store;
    this.#loads = loads;
    this.#outbox = outbox;
  }

  /** Removes an entry, and keeps loads under way from bringing it back. Rejects as `Store.remove` does. */
  remove(key: string): Promise<boolean> {
    return this.#changes.make(key, async () => {
      this.#loads.fence(key);
      try {
        return await this.#store.remove(key);
      } finally {
        // Those that began before it was gone may have found the old state of things as well.
        this.#loads.fence(key);
      }
    });
  }

  /** Puts a value in without a load. Says whether it was stored; if not, what was there before is gone all the same. */
  put(key: string, policy: Policy, value: unknown, tail?: string): Promise<boolean> {
    return this.#changes.make(key, async (later) => {
      this.#loads.fence(key);
      const { labels, packing, ttl } = policy;
      const mark = await this.#store.mark(labels, key);
      const other = later();
      if (other !== undefined) return other.then(failed, failed);
      this.#loads.fence(key);
      let entry: Entry | undefined;
      if (mark !== undefined && ttl !== 0)
        entry = this.#outbox.pack(value, packing, policy, { key, tail, labels, mark });
      const stored = entry !== undefined && (await this.#outbox.write(entry, "by hand"));
      this.#loads.fence(key);
      // A backend that is full, for one, still takes a removal, without which other processes would go on with the old value.
      if (mark !== undefined && !stored) {
        const newer = later();
        if (newer !== undefined) return newer.then(failed, failed);
        await this.#store.remove(key).catch(failed);
        this.#loads.fence(key);
      } else if (!stored) this.#store.distrust(key);
      return stored;
    });
  }
}

const failed = (): false => false;
