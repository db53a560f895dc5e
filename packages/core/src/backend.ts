/**
 * The contract between the cache and the place where entries live.
 *
 * A backend does I/O and nothing else: it takes finished keys, opaque values and absolute times, and it reports a
 * failure by throwing or rejecting. Retries, deadlines, logging, coding, freshness and prefixes belong to the layers
 * above; swallowing an error here would turn an outage into wrong answers.
 *
 * Every method may answer at once or with a promise. A backend that has the answer in memory should answer at once:
 * a hit is then served without a promise in between.
 *
 * `@cachette/testing` holds the suite that every backend must pass. `docs/custom-backend.md` walks through a minimal one.
 */
export type Backend = ObjectBackend | ByteBackend;

/** A backend that lives in this process and keeps the very objects it is handed. It must treat them as opaque. */
export interface ObjectBackend extends BackendOf<object> {
  readonly holds: "objects";

  /**
   * Optional: the value under `head + tail`, for a backend that can tell without putting the two together, which for a
   * short key costs as much as the rest of a look-up. `undefined` also where it does not know: then `get` is asked. What
   * it finds counts as read.
   */
  find?(head: string, tail: string): object | undefined;

  /** Optional: forgets all values at once. Without it, it cannot stand in front of another backend. */
  clear?(): void;
}

/** A backend that keeps bytes: another process, a disk, a network. */
export interface ByteBackend extends BackendOf<Uint8Array> {
  readonly holds: "bytes";

  /**
   * Optional: who may load the keys of one cache, told apart by its prefix, where several processes share a backend.
   * Called once for each cache at its construction, without I/O. With it, the cache changes its keys by no other means.
   */
  leases?(scope: string): Leases;

  /**
   * Optional: removes values whose keys begin with `head` and that are dead, as their first 1,024 bytes show (all bytes,
   * if there are fewer). Takes its time: in small steps that hold nobody up, until it is through or `stopped`. A value
   * that is put in place of a dead one meanwhile may go with it.
   */
  reclaim?(head: string, isDead: (start: Uint8Array) => boolean, stopped: () => boolean): Promise<void>;
}

/**
 * What the cache gives to a backend that holds objects is ready to be kept as it is: it knows its key, and has room for
 * what the backend has to know of it, which so needs no object more for each. Only who has set `keeper` may use that
 * room; a backend may as well leave it alone.
 */
export interface Keepable {
  /** The key is `head + tail`. An empty head: it is not divided. */
  readonly head: string;
  readonly tail: string;
  readonly size: number;
  readonly expiresAt: number;
  /**
   * The backend that keeps it; `undefined` when none does. Who sets it must set it back as soon as the value is dropped,
   * replaced or deleted: whatever leads to it without a look-up goes by this.
   */
  keeper: unknown;
  /** Whether it was read lately. */
  read: boolean;
  /** The neighbours in some order. */
  newer: Keepable | undefined;
  older: Keepable | undefined;
}

export interface BackendOf<Value> {
  /** For people: shown in events and errors, such as `"memory"` or `"redis"`. */
  readonly name: string;

  /**
   * The value last set under `key`, or `undefined`. Keys are compared exactly, by code unit.
   *
   * A value past its `expiresAt` may still be returned: the cache judges the time itself, with its own clock. Bytes
   * may be a view on a shared buffer, as long as that buffer does not change afterwards.
   */
  get(key: string): Value | undefined | Promise<Value | undefined>;

  /**
   * Puts `value` under `key` in one atomic step, in place of what was there. A reader sees the old or the new value,
   * never a mixture. Once it has returned (or its promise has resolved), every later `get` sees it, in any process.
   * A bounded backend may drop it, or any other value, whenever it likes.
   */
  set(key: string, value: Value, options: SetOptions): void | Promise<void>;

  /** Removes `key`. Says whether something was there, as far as the backend can tell. */
  delete(key: string): boolean | Promise<boolean>;

  /**
   * The logical clock and the labels of one cache, told apart by its prefix. Called once for each cache at its
   * construction, without I/O. Two calls with the same scope speak of the same clock and labels.
   */
  versions(scope: string): Versions;

  /**
   * Lets go of what the backend itself opened: connections, timers, listeners. A client that was handed in stays open.
   * Calls after `close` may reject. Closing twice does nothing.
   */
  close(): void | Promise<void>;

  /** Optional: one round trip that shows the backend is there; rejects when it is not. Without it, a `get` serves. */
  ping?(): void | Promise<void>;
}

export interface SetOptions {
  /**
   * When the value may be dropped, in milliseconds since the Unix epoch; `Infinity` for never. A hint for giving
   * memory back, to be met within a second or so; not a promise to readers.
   */
  readonly expiresAt: number;
  /** What the value takes in bytes, its key included: what a backend bounded by bytes counts. */
  readonly size: number;
}

/**
 * The right to load a key: one load across all processes, and the fence that keeps what was loaded before a removal from
 * being stored after it. Whoever has the lease of a key is its `owner`, a text never used before. A lease ends when its
 * time is up, when its owner releases it or fills the key, and when anybody puts or removes the key.
 *
 * Each call is one atomic step on the key and its lease.
 */
export interface Leases {
  /**
   * Takes the lease of `key` for so many milliseconds, unless somebody has it; with `force`, from whoever has it. Who
   * gets it is also told what is stored under the key, as it may have been filled a moment ago.
   */
  acquire(key: string, owner: string, options: AcquireOptions): Promise<Acquired>;

  /** Lets a lease last for so many milliseconds from now. Says whether it was still the owner's. */
  extend(key: string, owner: string, ttl: number): Promise<boolean>;

  /** Ends a lease, if it is still the owner's. */
  release(key: string, owner: string): Promise<void>;

  /** As `Backend.set`, if the lease is still the owner's. Says whether it was. */
  fill(key: string, value: Uint8Array, options: FillOptions): Promise<boolean>;

  /** As `Backend.set`; ends the lease, whoever has it. */
  put(key: string, value: Uint8Array, options: SetOptions): Promise<void>;

  /** As `Backend.delete`; ends the lease, whoever has it. */
  remove(key: string): Promise<boolean>;
}

export interface AcquireOptions {
  /** Milliseconds. */
  readonly ttl: number;
  readonly force: boolean;
}

export type Acquired =
  | { readonly held: true; readonly value: Uint8Array | undefined }
  /** Somebody else has it. */
  | { readonly held: false };

export interface FillOptions extends SetOptions {
  readonly owner: string;
  /** Whether the owner keeps the lease, as there is more to come. */
  readonly keep: boolean;
  /** Whether other processes are told, as they may have kept what was there before. */
  readonly tell: boolean;
}

/**
 * A point on the logical clock of a cache. The clock only moves when something is invalidated.
 *
 * `seq` counts up within an epoch. A backend that lost its clock (evicted, flushed, restarted empty) starts a new
 * `epoch` with a name never used before; points of different epochs cannot be compared, and whatever was stored under
 * another epoch is void.
 */
export interface Mark {
  readonly epoch: string;
  readonly seq: number;
}

/** When a label was last invalidated, as `seq` of the current epoch. */
export interface Stamp {
  /** Entries loaded before this are gone. */
  readonly hard: number;
  /** Entries loaded before this are stale. Independent of `hard`: each only moves up. */
  readonly soft: number;
}

/** What a backend knows of some labels, all of it true at one moment between call and answer. */
export interface Reading {
  readonly mark: Mark;
  /** One for each label asked for, in the same order. */
  readonly stamps: readonly Stamp[];
}

/**
 * Validity without wall clocks: how clearing a million entries costs one write, and why an invalidation that arrives
 * during a load is not lost.
 *
 * Every entry carries labels (the whole cache, its namespace, its tags) and the mark at which its load *began*. An
 * invalidation advances the clock and stamps its labels with the new `seq`. An entry is valid while its epoch is the
 * current one and none of its labels has a stamp above its mark. So a tag that only the result of a load knows is
 * judged as well as one known before. Labels are opaque strings, at most some hundred characters long.
 *
 * What was lost counts as invalidated. A backend that may forget a label (Redis evicts) must report a label it has no
 * record of as stamped at the present mark, and remember it so from then on: entries from before cannot be told from
 * invalidated ones. A backend that never forgets reports it as never stamped, `{ hard: 0, soft: 0 }`.
 */
export interface Versions {
  /**
   * The mark, if the backend knows it for sure without I/O, else `undefined`. It is the same object as long as nothing
   * was invalidated and a new one afterwards, so that a comparison by identity shows "nothing has happened since".
   */
  readonly current: Mark | undefined;

  /**
   * The mark and the stamps of `labels`. The mark may be older than the present (a load then starts with an older
   * mark, which is safe), a stamp may not: an invalidation that has returned anywhere is in it.
   */
  read(labels: readonly string[]): Reading | Promise<Reading>;

  /**
   * Optional, for a backend that holds bytes: as `Backend.get`, with a look at the clock in the same round trip. Once
   * `receiver` has been told what is under `key`, `known` tells no less than what was so when this was called. Nothing is
   * given back, not even the promise of an `async` method, for which nobody would wait.
   */
  lookUp?(key: string, receiver: Receiver<Uint8Array | undefined>): undefined;

  /**
   * Required with `lookUp`: as `read`, without I/O, true at the time of the latest `read` or `lookUp` that has an answer,
   * or later; `undefined` if that is not known of all labels.
   */
  known?(labels: readonly string[]): Reading | undefined;

  /**
   * Advances the clock by one and stamps all `labels` with the new `seq`; never lowers a stamp. When it has returned,
   * every later `read` sees it, in any process. Cost does not depend on how many entries carry a label.
   */
  advance(labels: readonly string[], kind: "hard" | "soft"): void | Promise<void>;

  /**
   * Optional: is told of what other processes change, so that entries can be kept in this process too. What has returned
   * anywhere is told within 50 ms, as long as the connection stands; `watch.current` is undefined as soon as that cannot
   * be relied on, and no later than a few seconds after the connection has fallen silent without a word.
   */
  watch?(watcher: Watcher): Watch;
}

/**
 * Is told how a call has ended, once, in place of a promise: where thousands of calls are answered at one moment,
 * promises take longer than all the rest. Neither method throws.
 */
export interface Receiver<T> {
  arrived(value: T): void;
  failed(error: unknown): void;
}

export interface Watcher {
  /** A key was put or removed by hand, or loaded anew before its time. */
  changed(key: string): void;
  /** Some changes may not have been told. */
  lost(): void;
}

export interface Watch {
  /** As `Versions.current`, up to 50 ms late for what other processes invalidate, never for what this one does. */
  readonly current: Mark | undefined;
  /** What is known of labels at `current`, without I/O; `undefined` if that is not all of them. */
  read(labels: readonly string[]): Reading | undefined;
  close(): void;
}
