import type {
  Acquired,
  AcquireOptions,
  Backend,
  BackendOf,
  BackendSetOptions,
  ByteBackend,
  Clock,
  FillOptions,
  Leases,
  Mark,
  ObjectBackend,
  Reading,
  Receiver,
  Versions,
} from "@cachette/core";
import { systemClock } from "@cachette/core";
import { allOf, type FaultControl, Operation, type OperationFaults } from "./faults.ts";

/**
 * The calls that can be made to fail. `read`, `lookUp` and `advance` are those of `versions()`, whatever the scope. Where
 * the backend has `lookUp`, that is how a cache reads, rather than by `get`. Where it has `leases()`, a cache writes and
 * removes by those, which counts as `set` and `delete` all the same; `lease` is to take, extend and release them.
 */
export type FaultyOperation =
  | "get"
  | "set"
  | "delete"
  | "read"
  | "lookUp"
  | "advance"
  | "lease"
  | "reclaim"
  | "ping"
  | "close";

/** Controls for each operation, and for all of them at once. */
export interface Faults extends FaultControl, Readonly<Record<FaultyOperation, OperationFaults>> {}

export interface FaultyBackendOptions {
  /** Measures delays; that of the machine by default. */
  readonly clock?: Clock;
  /** Behaves as if it were far away, whatever is behind it: every answer is a promise, and no mark is known for sure. */
  readonly remote?: boolean;
}

export type FaultyBackend<Wrapped extends Backend = Backend> = Backend & {
  readonly holds: Wrapped["holds"];
  readonly faults: Faults;
};

/**
 * A backend around `backend` whose calls fail, come late or never return, as a test wants it:
 * `faulty.faults.get.hang()`, `faulty.faults.fail()`, `faulty.faults.heal()`. Without faults it does what `backend` does,
 * but for `find`, which no call that fails could stand in for. What a near cache is told of is passed on as it is.
 */
export function faultyBackend<Wrapped extends Backend>(
  backend: Wrapped,
  options: FaultyBackendOptions = {},
): FaultyBackend<Wrapped> {
  const faulty = new Faulty(backend as BackendOf<object>, options);
  return faulty as unknown as FaultyBackend<Wrapped>;
}

class Faulty implements BackendOf<object> {
  readonly name: string;
  readonly holds: Backend["holds"];
  readonly faults: Faults & FaultyOperations;
  readonly #backend: BackendOf<object>;
  readonly #remote: boolean;
  // As the cache tells by them what the backend can do, they are here only if they are there.
  readonly leases?: NonNullable<ByteBackend["leases"]>;
  readonly reclaim?: NonNullable<ByteBackend["reclaim"]>;
  readonly clear?: NonNullable<ObjectBackend["clear"]>;

  constructor(backend: BackendOf<object>, { clock = systemClock, remote = false }: FaultyBackendOptions) {
    this.name = `faulty ${backend.name}`;
    this.holds = (backend as Backend).holds;
    this.#backend = backend;
    this.#remote = remote;
    const operation = (name: string) => new Operation(name, clock, remote || this.holds === "bytes");
    const operations = {
      get: operation("get"),
      set: operation("set"),
      delete: operation("delete"),
      read: operation("read"),
      lookUp: operation("lookUp"),
      advance: operation("advance"),
      lease: operation("lease"),
      reclaim: operation("reclaim"),
      ping: operation("ping"),
      close: operation("close"),
    };
    this.faults = { ...operations, ...allOf(Object.values(operations)) };
    const { clear, leases, reclaim } = backend as Partial<
      Pick<ByteBackend, "leases" | "reclaim"> & Pick<ObjectBackend, "clear">
    >;
    if (clear !== undefined) this.clear = () => clear.call(backend);
    if (leases !== undefined) this.leases = (scope) => new FaultyLeases(leases.call(backend, scope), operations);
    if (reclaim !== undefined) {
      this.reclaim = async (head, isDead, stopped) =>
        operations.reclaim.run(head, () => reclaim.call(backend, head, isDead, stopped));
    }
  }

  get(key: string): object | undefined | Promise<object | undefined> {
    return this.faults.get.run(key, () => this.#backend.get(key));
  }

  set(key: string, value: object, options: BackendSetOptions): void | Promise<void> {
    return this.faults.set.run(key, () => this.#backend.set(key, value, options));
  }

  delete(key: string): boolean | Promise<boolean> {
    return this.faults.delete.run(key, () => this.#backend.delete(key));
  }

  versions(scope: string): Versions {
    return new FaultyVersions(this.#backend.versions(scope), this.faults, this.#remote);
  }

  ping(): void | Promise<void> {
    return this.faults.ping.run(undefined, () => this.#backend.ping?.());
  }

  close(): void | Promise<void> {
    return this.faults.close.run(undefined, () => this.#backend.close());
  }
}

type FaultyOperations = Readonly<Record<FaultyOperation, Operation>>;

class FaultyVersions implements Versions {
  readonly #versions: Versions;
  readonly #faults: FaultyOperations;
  readonly #remote: boolean;
  readonly lookUp?: NonNullable<Versions["lookUp"]>;
  readonly known?: NonNullable<Versions["known"]>;
  readonly watch?: NonNullable<Versions["watch"]>;

  constructor(versions: Versions, faults: FaultyOperations, remote: boolean) {
    this.#versions = versions;
    this.#faults = faults;
    this.#remote = remote;
    const { watch } = versions;
    if (watch !== undefined) this.watch = (watcher) => watch.call(versions, watcher);
    if (versions.lookUp !== undefined) this.lookUp = (key, receiver) => void this.#tell(key, receiver);
    if (versions.known !== undefined) this.known = (labels) => versions.known?.(labels);
  }

  /** Not known for sure while it could not be read. */
  get current(): Mark | undefined {
    return this.#remote || this.#faults.read.faulty ? undefined : this.#versions.current;
  }

  read(labels: readonly string[]): Reading | Promise<Reading> {
    return this.#faults.read.run(labels, () => this.#versions.read(labels));
  }

  advance(labels: readonly string[], kind: "hard" | "soft"): void | Promise<void> {
    return this.#faults.advance.run(labels, () => this.#versions.advance(labels, kind));
  }

  async #tell(key: string, receiver: Receiver<Uint8Array | undefined>): Promise<void> {
    const call = (): Promise<Uint8Array | undefined> =>
      new Promise((resolve, reject) => this.#versions.lookUp?.(key, { arrived: resolve, failed: reject }));
    try {
      receiver.arrived(await this.#faults.lookUp.run(key, call));
    } catch (error) {
      receiver.failed(error);
    }
  }
}

class FaultyLeases implements Leases {
  readonly #leases: Leases;
  readonly #faults: FaultyOperations;

  constructor(leases: Leases, faults: FaultyOperations) {
    this.#leases = leases;
    this.#faults = faults;
  }

  async acquire(key: string, owner: string, options: AcquireOptions): Promise<Acquired> {
    return this.#faults.lease.run(key, () => this.#leases.acquire(key, owner, options));
  }

  async extend(key: string, owner: string, ttl: number): Promise<boolean> {
    return this.#faults.lease.run(key, () => this.#leases.extend(key, owner, ttl));
  }

  async release(key: string, owner: string): Promise<void> {
    return this.#faults.lease.run(key, () => this.#leases.release(key, owner));
  }

  async fill(key: string, value: Uint8Array, options: FillOptions): Promise<boolean> {
    return this.#faults.set.run(key, () => this.#leases.fill(key, value, options));
  }

  async put(key: string, value: Uint8Array, options: BackendSetOptions): Promise<void> {
    return this.#faults.set.run(key, () => this.#leases.put(key, value, options));
  }

  async remove(key: string): Promise<boolean> {
    return this.#faults.delete.run(key, () => this.#leases.remove(key));
  }
}
