import type { Acquired, Leases } from "./backend.ts";
import type { Cancel, Clock } from "./clock.ts";
import type { Guard } from "./guard.ts";

/** Begins the names of all owners in this process; nobody gains anything by guessing it. */
const process = Math.random().toString(36).slice(2, 14);
let owners = 0;

/** Milliseconds. */
const releaseAgainAfter = 50;

/** The right of one load to be the only one for its key and to be stored, once it is held. */
export class Lease {
  readonly key: string;
  readonly owner = `${process}-${owners++}`;
  readonly #leases: Leases;
  readonly #guard: Guard;
  readonly #clock: Clock;
  /** Milliseconds. */
  readonly #ttl: number;
  #cancel: Cancel = () => {};
  #over = false;
  #asked: Promise<boolean | undefined> | undefined;

  constructor(key: string, leases: Leases, guard: Guard, clock: Clock, ttl: number) {
    this.key = key;
    this.#leases = leases;
    this.#guard = guard;
    this.#clock = clock;
    this.#ttl = ttl;
  }

  acquire(force: boolean): Promise<Acquired> {
    return this.#leases.acquire(this.key, this.owner, { ttl: this.#ttl, force });
  }

  /** It is held: from now on it is extended for as long as the load lasts, and while this process lives. */
  keep(): void {
    this.#cancel = this.#clock.after(this.#ttl / 3, () => this.#extend());
  }

  /**
   * Whether it is held at a moment from now on; `undefined` if that cannot be told. Never rejects, and takes no longer than
   * the deadline.
   */
  isHeld(): Promise<boolean | undefined> {
    if (this.#asked === undefined) {
      this.#asked = this.#confirm();
      // One question for all who have come by the same answer of the backend, and for nobody who comes later.
      Promise.resolve().then(() => {
        this.#asked = undefined;
      });
    }
    return this.#asked;
  }

  /** It has ended by itself, as its key was filled. */
  end(): void {
    this.#over = true;
    this.#cancel();
  }

  /**
   * Lets others have it at once. Never rejects. Where the backend cannot be reached, it is tried again in the background:
   * others wait for as long as the lease seems to be held.
   */
  async release(): Promise<void> {
    if (this.#over) return;
    this.end();
    await this.#letGo(this.#clock.now() + this.#ttl);
  }

  async #letGo(until: number): Promise<void> {
    try {
      await this.#guard.race(this.#leases.release(this.key, this.owner));
    } catch {
      if (this.#clock.now() < until) this.#clock.after(releaseAgainAfter, () => this.#letGo(until));
    }
  }

  async #extend(): Promise<void> {
    // Lost: what is loaded will not be stored. Where it cannot be told, it is tried again while there is time.
    if ((await this.#confirm()) === false) this.#over = true;
    if (!this.#over) this.keep();
  }

  async #confirm(): Promise<boolean | undefined> {
    try {
      return await this.#guard.race(this.#leases.extend(this.key, this.owner, this.#ttl));
    } catch {
      return undefined;
    }
  }
}
