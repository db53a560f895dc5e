import type { Mark } from "./backend.ts";
import type { Clock } from "./clock.ts";
import type { Entry } from "./entry.ts";
import { jittered } from "./jitter.ts";
import { sharedLabels } from "./labels.ts";
import type { Packing } from "./packing.ts";
import type { Lifetime, Policy } from "./policy.ts";
import { isPromise } from "./promise.ts";
import { tailOf } from "./space.ts";
import type { Store } from "./store.ts";
import type { Telemetry } from "./telemetry.ts";
import type { Title } from "./writer.ts";

/** Where a value comes from, and where it belongs. */
export interface Origin {
  /** The full key to store under. */
  readonly key: string;
  /** How `key` ends, as the very text that it was made of. */
  readonly tail?: string | undefined;
  readonly labels: readonly string[];
  /** As it was before the load began. */
  readonly mark: Mark | undefined;
  /** Whole milliseconds that the load took. */
  readonly loadTime?: number;
}

/** Values on their way into the store: packed as entries, and written while nobody waits for that. */
export class Outbox {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #telemetry: Telemetry;
  readonly #random: () => number;
  readonly #underWay = new Set<Promise<unknown>>();

  constructor(store: Store, clock: Clock, telemetry: Telemetry, random: () => number) {
    this.#store = store;
    this.#clock = clock;
    this.#telemetry = telemetry;
    this.#random = random;
  }

  /** The entry made of a value; `undefined`, and an event, if it cannot be encoded. */
  pack(
    value: unknown,
    packing: Packing,
    lifetime: Lifetime & Pick<Policy, "jitter">,
    origin: Origin,
  ): Entry | undefined {
    const { ttl, jitter = 0, staleFor = 0, errorFor = 0, keepFor = 0 } = lifetime;
    const { key, tail, labels, mark = nowhere, loadTime = 0 } = origin;
    const storedAt = this.#clock.now();
    const freshUntil = storedAt + jittered(ttl, jitter, this.#random);
    const staleUntil = freshUntil + staleFor;
    const errorUntil = freshUntil + errorFor;
    const facts = {
      key,
      tail: tailOf(key, tail),
      coder: packing.coder,
      storedAt,
      loadTime,
      freshUntil,
      staleUntil,
      errorUntil,
      expiresAt: Math.max(staleUntil, errorUntil, freshUntil + keepFor),
      mark,
      labels: sharedLabels(labels),
    };
    try {
      return packing.pack(value, facts, this.#store.bytesOnly);
    } catch (error) {
      this.#telemetry.encodeError(key, error);
      return undefined;
    }
  }

  /** As `Store.write`. */
  write(entry: Entry, title: Title): boolean | Promise<boolean> {
    const written = this.#store.write(entry, title);
    if (isPromise(written)) this.track(written);
    return written;
  }

  /** Something else that has to be done before the store is closed. It must not reject. */
  track(work: Promise<unknown>): void {
    this.#underWay.add(work);
    work.then(() => this.#underWay.delete(work));
  }

  /** Waits until nothing is being written any more; each write has its deadline. */
  async drain(): Promise<void> {
    while (this.#underWay.size > 0) await Promise.all(this.#underWay);
  }
}

/** For entries that only travel to those who wait: no backend has such an epoch. */
const nowhere: Mark = { epoch: "", seq: 0 };
