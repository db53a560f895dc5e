import type { Backend, BackendOf, BackendSetOptions, Clock, Mark, Reading, Versions } from "@cachette/core";
import { systemClock } from "@cachette/core";
import { allOf, type FaultControl, Operation, type OperationFaults } from "./faults.ts";

/** The calls that can be made to fail. `read` and `advance` are those of `versions()`, whatever the scope. */
export type FaultyOperation = "get" | "set" | "delete" | "read" | "advance" | "ping" | "close";

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
 * `faulty.faults.get.hang()`, `faulty.faults.fail()`, `faulty.faults.heal()`. Without faults it does what `backend` does.
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
  readonly faults: Faults & Readonly<Record<FaultyOperation, Operation>>;
  readonly #backend: BackendOf<object>;
  readonly #remote: boolean;

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
      advance: operation("advance"),
      ping: operation("ping"),
      close: operation("close"),
    };
    this.faults = { ...operations, ...allOf(Object.values(operations)) };
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
    return new FaultyVersions(this.#backend.versions(scope), this.faults.read, this.faults.advance, this.#remote);
  }

  ping(): void | Promise<void> {
    return this.faults.ping.run(undefined, () => this.#backend.ping?.());
  }

  close(): void | Promise<void> {
    return this.faults.close.run(undefined, () => this.#backend.close());
  }
}

class FaultyVersions implements Versions {
  readonly #versions: Versions;
  readonly #read: Operation;
  readonly #advance: Operation;
  readonly #remote: boolean;

  constructor(versions: Versions, read: Operation, advance: Operation, remote: boolean) {
    this.#versions = versions;
    this.#read = read;
    this.#advance = advance;
    this.#remote = remote;
  }

  /** Not known for sure while it could not be read. */
  get current(): Mark | undefined {
    return this.#remote || this.#read.faulty ? undefined : this.#versions.current;
  }

  read(labels: readonly string[]): Reading | Promise<Reading> {
    return this.#read.run(labels, () => this.#versions.read(labels));
  }

  advance(labels: readonly string[], kind: "hard" | "soft"): void | Promise<void> {
    return this.#advance.run(labels, () => this.#versions.advance(labels, kind));
  }
}
