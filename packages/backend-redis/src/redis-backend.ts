import type { BackendSetOptions, ByteBackend, Duration, Leases } from "@cachette/core";
import { invalidOption, systemClock, toMilliseconds } from "@cachette/core";
import { Batch } from "./batch.ts";
import { checkClient, isCluster, openClient, openListener, type RedisClient, serversOf } from "./client.ts";
import { Connection } from "./connection.ts";
import { exactKey } from "./keys.ts";
import { reclaimOn } from "./reclaim.ts";
import { bufferOf, RedisLeases } from "./redis-leases.ts";
import { type Lines, RedisVersions } from "./redis-versions.ts";
import { Subscriber } from "./subscriber.ts";

/** What the backend does beyond what its client says. */
export interface RedisBackendOptions {
  /**
   * How long it is remembered when a tag or namespace was last invalidated, counted from the last time it was read or
   * invalidated; 30 days by default, `Infinity` for ever. What is forgotten counts as invalidated just now: entries
   * that live longer than this may be loaded anew once too often, and are never served when they should not be.
   */
  readonly labelTtl?: Duration;
}

/** A backend in Redis or Valkey, from version 6.2 on: one server, a cluster, or behind Sentinels. */
export interface RedisBackend extends ByteBackend {
  get(key: string): Promise<Uint8Array | undefined>;
  set(key: string, value: Uint8Array, options: BackendSetOptions): Promise<void>;
  delete(key: string): Promise<boolean>;
  leases(scope: string): Leases;
  ping(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Keeps entries in Redis.
 *
 * A client that is handed in is used as it is and left open; look-ups of one moment are sent together, with or without
 * `enableAutoPipelining`. From a URL a client is opened here, and closed with the backend. Calls fail with
 * `BACKEND_UNAVAILABLE` at once while there is no connection; how long a call may take is the cache's business. What Redis
 * refuses rejects with its own error.
 *
 * Uses `MGET`, or `GET` on a cluster, `SET`, `UNLINK`, `EVALSHA`, `EVAL` and `PING`, and within scripts `GET`, `GETRANGE`,
 * `PEXPIRE` and `PUBLISH` as well, all of them on one key or one slot, save `MGET`. Memory is given back by `SCAN` and
 * `GETRANGE`. In front of a near cache also `SUBSCRIBE`, `UNSUBSCRIBE` and `PUBLISH`, on a connection
 * made from the client's options; ioredis itself uses `INFO`, `CLIENT` and, for clusters, `CLUSTER`.
 *
 * @throws CachetteError `OPTION_INVALID` for something that is no client, or reads from replicas, and for other options
 */
export function redisBackend(client: RedisClient | string, options: RedisBackendOptions = {}): RedisBackend {
  for (const name of Object.keys(options)) {
    if (name !== "labelTtl") throw invalidOption(name, "no option but labelTtl", name);
  }
  const labelTtl = checkLabelTtl(options.labelTtl ?? "30d");
  if (typeof client !== "string") {
    const connection = new Connection(checkClient(client));
    return new IoredisBackend(linesOf(connection, client), labelTtl, () => {});
  }
  const { client: own, lastError } = openClient(client);
  const connection = new Connection(checkClient(own), lastError);
  return new IoredisBackend(linesOf(connection, own), labelTtl, () => own.disconnect());
}

function linesOf(connection: Connection, client: RedisClient): Lines {
  const batch = new Batch(connection, isCluster(client));
  return { connection, batch, subscriber: new Subscriber(connection, () => openListener(client)) };
}

function checkLabelTtl(labelTtl: Duration): number {
  const milliseconds = toMilliseconds(labelTtl, "labelTtl");
  const possible = milliseconds > 0 && (milliseconds <= Number.MAX_SAFE_INTEGER || milliseconds === Infinity);
  if (!possible) throw invalidOption("labelTtl", "more than 0", labelTtl);
  return milliseconds;
}

class IoredisBackend implements RedisBackend {
  readonly name = "redis";
  readonly holds = "bytes";
  readonly #lines: Lines;
  readonly #connection: Connection;
  readonly #batch: Batch;
  readonly #labelTtl: number;
  readonly #disconnect: () => void;
  readonly #versions = new Map<string, RedisVersions>();
  #closed = false;

  constructor(lines: Lines, labelTtl: number, disconnect: () => void) {
    this.#lines = lines;
    this.#connection = lines.connection;
    this.#batch = lines.batch;
    this.#labelTtl = labelTtl;
    this.#disconnect = disconnect;
  }

  async get(key: string): Promise<Uint8Array | undefined> {
    return (await this.#batch.get(exactKey(key))) ?? undefined;
  }

  async set(key: string, value: Uint8Array, { expiresAt }: BackendSetOptions): Promise<void> {
    const name = exactKey(key);
    const bytes = bufferOf(value);
    if (!(expiresAt > systemClock.now())) await this.#connection.call("unlink", name);
    else if (expiresAt > Number.MAX_SAFE_INTEGER) await this.#connection.call("set", name, bytes);
    else await this.#connection.call("set", name, bytes, "PXAT", Math.ceil(expiresAt));
  }

  async delete(key: string): Promise<boolean> {
    return Number(await this.#connection.call("unlink", exactKey(key))) > 0;
  }

  versions(scope: string): RedisVersions {
    let versions = this.#versions.get(scope);
    if (versions === undefined) {
      versions = new RedisVersions(this.#lines, scope, this.#labelTtl);
      this.#versions.set(scope, versions);
    }
    return versions;
  }

  leases(scope: string): RedisLeases {
    return new RedisLeases(this.#connection, scope);
  }

  async reclaim(head: string, isDead: (start: Uint8Array) => boolean, stopped: () => boolean): Promise<void> {
    const { client, prefix } = this.#connection;
    // One server after the other: there is no hurry.
    for (const server of serversOf(client)) {
      if (!stopped()) await reclaimOn(server, prefix + exactKey(head), isDead, stopped);
    }
  }

  async ping(): Promise<void> {
    await this.#connection.call("ping");
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#batch.flush();
    this.#lines.subscriber.close();
    this.#connection.close();
    this.#disconnect();
  }
}
