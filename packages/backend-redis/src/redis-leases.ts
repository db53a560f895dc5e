import type { Acquired, AcquireOptions, BackendSetOptions, FillOptions, Leases } from "@cachette/core";
import type { CommandArgument } from "./client.ts";
import type { Connection } from "./connection.ts";
import { exactKey, leaseKey, scopeKeys } from "./keys.ts";
import { acquireScript, extendScript, fillScript, putScript, releaseScript, removeScript } from "./lease-scripts.ts";
import { changeOf } from "./messages.ts";
import type { Script } from "./script.ts";

/** Leases as strings beside the entries, with scripts to keep both in step. */
export class RedisLeases implements Leases {
  readonly #connection: Connection;
  readonly #channel: string;

  constructor(connection: Connection, scope: string) {
    this.#connection = connection;
    this.#channel = connection.prefix + scopeKeys(scope).clock;
  }

  async acquire(key: string, owner: string, { ttl, force }: AcquireOptions): Promise<Acquired> {
    const answer = await this.#run(acquireScript, key, [owner, ttl, force ? 1 : 0]);
    const [held, value] = Array.isArray(answer) ? (answer as [number, Buffer | undefined]) : [0, undefined];
    return held === 1 ? { held: true, value: value?.length ? value : undefined } : { held: false };
  }

  async extend(key: string, owner: string, ttl: number): Promise<boolean> {
    return (await this.#run(extendScript, key, [owner, ttl])) === 1;
  }

  async release(key: string, owner: string): Promise<void> {
    await this.#run(releaseScript, key, [owner]);
  }

  async fill(key: string, value: Uint8Array, { expiresAt, owner, keep, tell }: FillOptions): Promise<boolean> {
    const channel = tell ? this.#channel : "";
    const values = [owner, bufferOf(value), expiryOf(expiresAt), keep ? 1 : 0, channel, changeOf(key)];
    return (await this.#run(fillScript, key, values)) === 1;
  }

  async put(key: string, value: Uint8Array, { expiresAt }: BackendSetOptions): Promise<void> {
    await this.#run(putScript, key, [bufferOf(value), expiryOf(expiresAt), this.#channel, changeOf(key)]);
  }

  async remove(key: string): Promise<boolean> {
    return Number(await this.#run(removeScript, key, [this.#channel, changeOf(key)])) > 0;
  }

  #run(script: Script, key: string, values: readonly CommandArgument[]): Promise<unknown> {
    const name = exactKey(key);
    const keys = [name, leaseKey(name, this.#connection.prefix)];
    return script.run(this.#connection, keys, values);
  }
}

/** The same bytes, as the client takes them. */
export function bufferOf(value: Uint8Array): Buffer {
  return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
}

/** What lasts for longer than Redis can count lasts for ever. */
function expiryOf(expiresAt: number): number | "" {
  return expiresAt > Number.MAX_SAFE_INTEGER ? "" : Math.ceil(Math.max(1, expiresAt));
}
