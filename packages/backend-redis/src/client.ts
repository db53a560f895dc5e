import { CachetteError, invalidOption } from "@cachette/core";
import { type Cluster, Command, Redis } from "ioredis";
import type { Listener } from "./subscriber.ts";
import { withoutCommand } from "./without-command.ts";

/** A client of ioredis: of one server, of what Sentinels watch over, or of a cluster. */
export type RedisClient = Redis | Cluster;

/** The part of a client that is used here, alike for one server and for a cluster. */
export interface Commands {
  readonly status: string;
  readonly options?: { readonly keyPrefix?: string | undefined };
  connect(): Promise<void>;
  on(event: string, listener: () => void): unknown;
  off(event: string, listener: () => void): unknown;
  sendCommand(command: Command): Promise<unknown>;
}

/** What may follow the name of a command. */
export type CommandArgument = string | number | Buffer;

const methods = ["connect", "on", "off", "sendCommand"] as const;

/**
 * Sends one command, past the client's own pipelining: that would hold it back until the loop goes on, and on a cluster
 * it breaks while slots move. `prefix` is put before the keys. Texts come back as bytes.
 */
export function call(
  client: Commands,
  prefix: string,
  name: string,
  ...args: readonly CommandArgument[]
): Promise<unknown> {
  return client.sendCommand(new Command(name, [...args], { keyPrefix: prefix, replyEncoding: null }));
}

/** Whether the keys of a client live on several servers. */
export function isCluster(client: object): boolean {
  return "nodes" in client;
}

/** The servers on which the keys of a client live. */
export function serversOf(client: Commands): Commands[] {
  return isCluster(client)
    ? (client as unknown as Cluster).nodes("master").map((node) => node as unknown as Commands)
    : [client];
}

/** Makes sure that a client is one that the promises of a backend can be kept with. */
export function checkClient(client: unknown): Commands {
  const given = client as Partial<Omit<Commands, "options"> & { options: ClientOptions }> | null | undefined;
  const complete = typeof given === "object" && given !== null && methods.every((name) => isFunction(given[name]));
  if (!complete || typeof given.status !== "string") {
    throw invalidOption("client", "a Redis or Cluster of ioredis 6, or a URL such as redis://127.0.0.1:6379", client);
  }
  const { scaleReads = "master", readOnly = false, role = "master" } = given.options ?? {};
  // A replica may lag behind: what was invalidated a moment ago would come back.
  if (scaleReads !== "master" || readOnly || role === "slave") {
    throw new CachetteError({
      code: "OPTION_INVALID",
      option: "client",
      expected: "a client that reads from masters only, without scaleReads, readOnly or the role of a slave",
    });
  }
  return given as Commands;
}

interface ClientOptions {
  readonly scaleReads?: unknown;
  readonly readOnly?: boolean;
  readonly role?: string;
}

function isFunction(value: unknown): boolean {
  return typeof value === "function";
}

/** Milliseconds until the next attempt to connect, at most. */
const longestPause = 2_000;

export interface OpenedClient {
  readonly client: Redis;
  /** What the connection last suffered from. */
  lastError(): Error | undefined;
}

/**
 * Opens a connection that fails at once while it is down, and goes on trying to come back. Its errors show in the calls
 * that they make fail.
 *
 * @throws CachetteError `OPTION_INVALID`; the URL is not in the message, it may hold a password
 */
export function openClient(url: string): OpenedClient {
  if (!/^rediss?:\/\/./.test(url) || !URL.canParse(url)) {
    throw new CachetteError({
      code: "OPTION_INVALID",
      option: "client",
      expected: "a URL that begins with redis:// or rediss://",
    });
  }
  const client = new Redis(url, {
    enableAutoPipelining: true,
    enableOfflineQueue: false,
    // What was under way when a connection broke is not sent again on the next: it fails, and the cache decides.
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    connectTimeout: 5_000,
    // While Redis loads its data, it is looked at again soon, however long it says that will take.
    maxLoadingRetryTime: 1_000,
    // A connection on which nothing comes back is given up: its other end may be gone without a word.
    socketTimeout: 5_000,
    reconnectOnError: onceInAWhile(isDemoted),
    retryStrategy,
  });
  let lastError: Error | undefined;
  client.on("error", (error: Error) => {
    lastError = withoutCommand(error);
  });
  return { client, lastError: () => lastError };
}

/** Milliseconds. A server that stays read-only is not connected to again and again: it still answers look-ups. */
const restAfterDemotion = 2_000;

/**
 * Whether it is from a server that was a master and is a replica now. Its name may lead to the new master by now, while
 * the connection stays where it is, and would never hear of what is purged there.
 */
function isDemoted({ message }: Error): boolean {
  return message.includes("READONLY");
}

function onceInAWhile(test: (error: Error) => boolean): (error: Error) => boolean {
  let last = Number.NEGATIVE_INFINITY;
  return (error) => {
    const now = performance.now();
    if (!test(error) || now - last < restAfterDemotion) return false;
    last = now;
    return true;
  };
}

/**
 * A client for messages alone, like the given one, or like its connection to one of the masters: not connected yet, it
 * subscribes to nothing by itself and never reconnects. Nothing while no master is known.
 */
export function openListener(client: RedisClient): Listener | undefined {
  const masters = serversOf(client as unknown as Commands);
  const source = masters[Math.floor(Math.random() * masters.length)] as unknown as Duplicable | undefined;
  return source?.duplicate({
    lazyConnect: true,
    autoResubscribe: false,
    enableOfflineQueue: true,
    retryStrategy: () => null,
    sentinelRetryStrategy: () => null,
    reconnectOnError: null,
  });
}

interface Duplicable {
  duplicate(options: object): Listener;
}

/** Milliseconds until the next attempt to connect. */
function retryStrategy(attempt: number): number {
  return Math.min(25 * 2 ** Math.min(attempt, 10), longestPause);
}
