import type {
  Acquired,
  AcquireOptions,
  Backend,
  BackendOf,
  BackendSetOptions,
  FillOptions,
  Leases,
  Mark,
  Reading,
  Receiver,
  Stamp,
  Versions,
} from "@cachette/core";

/** What several views of one backend have in common. */
export class World {
  readonly values = new Map<string, object>();
  readonly clocks = new Map<string, WorldClock>();
  /** By key; times in milliseconds since the Unix epoch. */
  readonly leases = new Map<string, { owner: string; until: number }>();

  clock(scope: string): WorldClock {
    const clock = this.clocks.get(scope) ?? { mark: { epoch: "first", seq: 0 }, stamps: new Map<string, Stamp>() };
    this.clocks.set(scope, clock);
    return clock;
  }
}

export interface WorldClock {
  mark: Mark;
  stamps: Map<string, Stamp>;
}

/** A right backend, without bounds and without a thought for speed. Wrong ones are made from it, one fault each. */
export class ReferenceBackend implements BackendOf<object> {
  readonly name: string = "reference";
  readonly holds: Backend["holds"];
  readonly world: World;

  constructor(world: World, holds: Backend["holds"]) {
    this.world = world;
    this.holds = holds;
  }

  async get(key: string): Promise<object | undefined> {
    const value = this.world.values.get(key);
    return value instanceof Uint8Array ? value.slice() : value;
  }

  find(head: string, tail: string): object | undefined {
    return this.world.values.get(head + tail);
  }

  async set(key: string, value: object, _options: BackendSetOptions): Promise<void> {
    this.world.values.set(key, value instanceof Uint8Array ? value.slice() : value);
  }

  async delete(key: string): Promise<boolean> {
    return this.world.values.delete(key);
  }

  versions(scope: string): Versions {
    return new ReferenceVersions(this.world.clock(scope), this.holds === "objects");
  }

  async ping(): Promise<void> {}

  async close(): Promise<void> {}
}

export class ReferenceVersions implements Versions {
  readonly clock: WorldClock;
  readonly #sure: boolean;

  constructor(clock: WorldClock, sure: boolean) {
    this.clock = clock;
    this.#sure = sure;
  }

  get current(): Mark | undefined {
    return this.#sure ? this.clock.mark : undefined;
  }

  stamp(label: string): Stamp {
    return this.clock.stamps.get(label) ?? { hard: 0, soft: 0 };
  }

  async read(labels: readonly string[]): Promise<Reading> {
    return { mark: this.clock.mark, stamps: labels.map((label) => this.stamp(label)) };
  }

  async advance(labels: readonly string[], kind: "hard" | "soft"): Promise<void> {
    const { epoch, seq } = this.clock.mark;
    this.clock.mark = { epoch, seq: seq + 1 };
    for (const label of labels) this.clock.stamps.set(label, this.stamped(this.stamp(label), kind, seq + 1));
  }

  stamped(stamp: Stamp, kind: "hard" | "soft", seq: number): Stamp {
    return kind === "hard" ? { hard: seq, soft: stamp.soft } : { hard: stamp.hard, soft: seq };
  }
}

/** Versions that are looked at along with a key, and known from then on. */
export class ReferenceLookUps extends ReferenceVersions {
  readonly world: World;
  seen: { readonly mark: Mark; readonly stamps: ReadonlyMap<string, Stamp> } | undefined;

  constructor(world: World, scope: string) {
    super(world.clock(scope), false);
    this.world = world;
  }

  lookUp(key: string, receiver: Receiver<Uint8Array | undefined>): undefined {
    queueMicrotask(() => {
      this.look();
      receiver.arrived(this.world.values.get(key) as Uint8Array | undefined);
    });
  }

  look(): void {
    this.seen = { mark: this.clock.mark, stamps: new Map(this.clock.stamps) };
  }

  known(labels: readonly string[]): Reading | undefined {
    const { seen } = this;
    return seen && { mark: seen.mark, stamps: labels.map((label) => seen.stamps.get(label) ?? { hard: 0, soft: 0 }) };
  }
}

export class ReferenceLeases implements Leases {
  readonly world: World;

  constructor(world: World) {
    this.world = world;
  }

  ownerOf(key: string): string | undefined {
    const lease = this.world.leases.get(key);
    return lease !== undefined && lease.until > Date.now() ? lease.owner : undefined;
  }

  async acquire(key: string, owner: string, { ttl, force }: AcquireOptions): Promise<Acquired> {
    if (!force && this.ownerOf(key) !== undefined) return { held: false };
    this.world.leases.set(key, { owner, until: Date.now() + ttl });
    return { held: true, value: this.world.values.get(key) as Uint8Array | undefined };
  }

  async extend(key: string, owner: string, ttl: number): Promise<boolean> {
    if (this.ownerOf(key) !== owner) return false;
    this.world.leases.set(key, { owner, until: Date.now() + ttl });
    return true;
  }

  async release(key: string, owner: string): Promise<void> {
    if (this.ownerOf(key) === owner) this.world.leases.delete(key);
  }

  async fill(key: string, value: Uint8Array, { owner, keep }: FillOptions): Promise<boolean> {
    if (this.ownerOf(key) !== owner) return false;
    this.world.values.set(key, value.slice());
    if (!keep) this.world.leases.delete(key);
    return true;
  }

  async put(key: string, value: Uint8Array, _options: BackendSetOptions): Promise<void> {
    this.world.values.set(key, value.slice());
    this.world.leases.delete(key);
  }

  async remove(key: string): Promise<boolean> {
    this.world.leases.delete(key);
    return this.world.values.delete(key);
  }
}
