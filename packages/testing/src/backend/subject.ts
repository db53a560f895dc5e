import {
  type Backend,
  type BackendOf,
  type ByteBackend,
  type Leases,
  type Mark,
  type ObjectBackend,
  type Reading,
  type Receiver,
  systemClock,
  type Versions,
} from "@cachette/core";
import { check, equal } from "../check.ts";
import type { BackendHarness } from "./harness.ts";

const aMinute = 60_000;

/** The backend under test as the cases see it: one kind of value, short names for keys and scopes. */
export class Subject {
  readonly harness: BackendHarness;
  readonly backend: BackendOf<object>;
  readonly bytes: boolean;

  constructor(harness: BackendHarness, backend: Backend = harness.backend) {
    this.harness = harness;
    this.backend = backend as BackendOf<object>;
    this.bytes = backend.holds === "bytes";
  }

  now(): number {
    return (this.harness.clock ?? systemClock).now();
  }

  async wait(milliseconds: number): Promise<void> {
    const { clock } = this.harness;
    if (clock !== undefined) await clock.advance(milliseconds);
    else await new Promise((resolve) => setTimeout(resolve, milliseconds));
  }

  /** A value that can be told from others by its name, in the form that the backend holds. */
  value(name: string): object {
    return this.bytes ? new TextEncoder().encode(name) : { name };
  }

  /** The name of such a value; undefined where there is none. */
  nameOf(value: object | undefined): string | undefined {
    if (value === undefined) return undefined;
    if (!this.bytes) return "name" in value ? String(value.name) : "(a foreign object)";
    return value instanceof Uint8Array ? new TextDecoder().decode(value) : "(no bytes)";
  }

  /** Expires in a minute unless told otherwise. */
  async put(key: string, value: object, expiresAt: number = this.now() + aMinute): Promise<void> {
    const size = key.length + (value instanceof Uint8Array ? value.length : 100);
    await this.backend.set(this.#full(key), value, { expiresAt, size });
  }

  async take(key: string): Promise<object | undefined> {
    return this.backend.get(this.#full(key));
  }

  set(key: string, name: string, expiresAt?: number): Promise<void> {
    return this.put(key, this.value(name), expiresAt);
  }

  async get(key: string): Promise<string | undefined> {
    return this.nameOf(await this.take(key));
  }

  /** By the parts of a key, which together are the whole. */
  find(head: string, tail: string): string | undefined {
    return this.nameOf((this.backend as Partial<ObjectBackend>).find?.(this.#full(head), tail));
  }

  async delete(key: string): Promise<boolean> {
    return this.backend.delete(this.#full(key));
  }

  async holds(key: string, name: string | undefined, what: string): Promise<void> {
    equal(await this.get(key), name, what);
  }

  versions(scope = "scope"): Versions {
    return this.backend.versions(this.#full(scope));
  }

  /** Only where `versions` looks up along with the clock. */
  lookUp(versions: Versions, key: string, receiver: Receiver<Uint8Array | undefined>): void {
    const given = versions.lookUp?.(this.#full(key), receiver);
    check(given === undefined, "lookUp gives nothing back, as it is the receiver that is told");
  }

  /** Only where the backend has leases. */
  leases(scope = "scope"): Leases {
    const leases = (this.backend as ByteBackend).leases?.(this.#full(scope));
    check(leases !== undefined, "the backend has leases");
    const full = (key: string) => this.#full(key);
    return {
      acquire: (key, owner, options) => leases.acquire(full(key), owner, options),
      extend: (key, owner, ttl) => leases.extend(full(key), owner, ttl),
      release: (key, owner) => leases.release(full(key), owner),
      fill: (key, value, options) => leases.fill(full(key), value, options),
      put: (key, value, options) => leases.put(full(key), value, options),
      remove: (key) => leases.remove(full(key)),
    };
  }

  /** Fills a key with a named value that expires in a minute. */
  fill(leases: Leases, key: string, owner: string, name: string, keep: boolean = false): Promise<boolean> {
    const value = this.value(name) as Uint8Array;
    return leases.fill(key, value, { expiresAt: this.now() + aMinute, size: value.length, owner, keep, tell: false });
  }

  /** Another view on the same store, closed at the end of `use`. */
  async withAnother(use: (another: Subject) => Promise<void>): Promise<void> {
    const backend = await this.harness.another?.();
    check(backend !== undefined, "the harness gives another view");
    try {
      await use(new Subject(this.harness, backend));
    } finally {
      await backend.close();
    }
  }

  #full(name: string): string {
    return (this.harness.prefix ?? "") + name;
  }
}

/**
 * A mark at which a load may begin after everything that has happened to `labels`. The contract lets the mark lag behind
 * the stamps, but it has to catch up.
 */
export async function markAfter(versions: Versions, labels: readonly string[]): Promise<Mark> {
  const end = performance.now() + 500;
  for (;;) {
    const { mark, stamps } = await versions.read(labels);
    if (stamps.every(({ hard, soft }) => hard <= mark.seq && soft <= mark.seq)) return mark;
    check(performance.now() < end, "the mark catches up with the stamps within half a second");
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** Reads a single label. */
export async function readOne(versions: Versions, label: string): Promise<Reading & { hard: number; soft: number }> {
  const reading = await versions.read([label]);
  const [stamp] = reading.stamps;
  check(stamp !== undefined && reading.stamps.length === 1, "one stamp comes for one label");
  return { ...reading, hard: stamp.hard, soft: stamp.soft };
}
