import { isDeepStrictEqual } from "node:util";
import { memoryBackend } from "@cachette/backend-memory";
import { redisBackend } from "@cachette/backend-redis";
import { type CacheOptions, createCache } from "@cachette/core";
import { createHttpCache, type RequestView } from "@cachette/core/http";
import { createKeyv } from "@keyv/redis";
import { createCache as createDedupe } from "async-cache-dedupe";
import { BentoCache, bentostore } from "bentocache";
import { redisDriver } from "bentocache/drivers/redis";
import { Cacheable } from "cacheable";
import { Redis } from "ioredis";
import { type Body, bodyText, makeBody } from "../http/body.ts";

/** A cache on Redis with everything in it. */
export interface RedisSubject {
  readonly name: string;
  get(index: number): Promise<unknown>;
  /** Whether `get(index)` gave what it should. */
  isRight(value: unknown, index: number): boolean;
  close(): Promise<void> | void;
}

const ttl = 3_600_000;
const grouped = { namespace: "v1", tags: ["a", "b", "c"] };
const isBody = (value: unknown, index: number) => isDeepStrictEqual(value, makeBody("small", String(index)));

let loads = 0;

function load(index: number): Body {
  loads++;
  return makeBody("small", String(index));
}

/** All of them on one server, those that use ioredis each with a client of its own that pipelines by itself. */
export async function openSubjects(url: string, keys: number): Promise<RedisSubject[]> {
  const near = () => memoryBackend({ maxEntries: 2 * keys });
  const route = await cachetteRoute(url, keys, { prefix: routePrefix });
  const opened = [
    await rawBytes(url, keys),
    await rawJson(url, keys),
    route,
    cachetteValue(url, { prefix: "bench-value" }),
    await cachetteRoute(url, keys, { prefix: "bench-near-route", near: near() }),
    cachetteValue(url, { prefix: "bench-near-value", near: near() }),
    bento(url, "bentocache", undefined),
    bento(url, "bentocache, namespace and 3 tags", grouped.tags),
    cacheable(url),
    dedupe(url),
  ];
  for (const { name, get, isRight } of opened) {
    for (let index = 0; index < keys; index++) await get(index);
    const loaded = loads;
    for (let index = 0; index < keys; index++) {
      if (!isRight(await get(index), index)) throw new Error(`${name} does not give what it was given.`);
    }
    if (loads !== loaded) throw new Error(`${name} loaded what should be a hit.`);
  }
  return opened;
}

function connect(url: string): Redis {
  return new Redis(url, { enableAutoPipelining: true });
}

const routePrefix = "bench-route";

/** The very bytes that the cached route keeps. */
async function rawBytes(url: string, entries: number): Promise<RedisSubject> {
  const client = connect(url);
  const keys = await client.keys(`${routePrefix}:*GET*`);
  if (keys.length !== entries) throw new Error(`The route has ${keys.length} entries, not ${entries}.`);
  return {
    name: "ioredis getBuffer",
    get: (index) => client.getBuffer(keys[index] ?? ""),
    isRight: (value) => Buffer.isBuffer(value) && value.length > 1_024,
    close: () => client.disconnect(),
  };
}

async function rawJson(url: string, keys: number): Promise<RedisSubject> {
  const client = connect(url);
  const names = Array.from({ length: keys }, (_, index) => `bench-json:${index}`);
  for (const [index, name] of names.entries()) await client.set(name, bodyText("small", String(index)), "PX", ttl);
  return {
    name: "ioredis get and JSON.parse",
    get: async (index) => JSON.parse((await client.get(names[index] ?? "")) ?? ""),
    isRight: isBody,
    close: () => client.disconnect(),
  };
}

type Own = Pick<CacheOptions, "prefix" | "near">;

function nearby({ near }: Own): string {
  return near === undefined ? "" : ", near cache";
}

/** What an adapter does for a hit, without its framework. */
async function cachetteRoute(url: string, keys: number, options: Own): Promise<RedisSubject> {
  const client = connect(url);
  const cache = createCache({ backend: redisBackend(client), ...options });
  const route = createHttpCache(cache, { ttl, ...grouped });
  const views = Array.from({ length: keys }, (_, index) => viewOf(`/small/${index}`));
  for (const [index, view] of views.entries()) {
    // An answer is written behind its back: until then it is a miss again.
    for (let ticket = await route.begin(view); ticket.state !== "hit"; ticket = await route.begin(view)) {
      if (ticket.state !== "miss") throw new Error(`The route's cache says ${ticket.state}.`);
      const body = Buffer.from(bodyText("small", String(index)));
      ticket.commit({ status: 200, fields: [["content-type", "application/json"]] }, body);
    }
  }
  return {
    name: `Cachette, a route's entry, namespace and 3 tags${nearby(options)}`,
    get: async (index) => route.begin(views[index] ?? viewOf("")),
    isRight: (ticket) => (ticket as { state: string }).state === "hit",
    async close() {
      await cache.close();
      client.disconnect();
    },
  };
}

function viewOf(target: string): RequestView {
  return {
    method: "GET",
    url: target,
    scheme: "http",
    host: "localhost",
    header: () => undefined,
    names: () => [],
  };
}

function cachetteValue(url: string, options: Own): RedisSubject {
  const client = connect(url);
  const cache = createCache({ backend: redisBackend(client), ttl, ...options });
  return {
    name: `Cachette getOrSet, namespace and 3 tags${nearby(options)}`,
    get: (index) => cache.getOrSet(`body:${index}`, () => load(index), grouped),
    isRight: isBody,
    async close() {
      await cache.close();
      client.disconnect();
    },
  };
}

function bento(url: string, name: string, tags: string[] | undefined): RedisSubject {
  const client = connect(url);
  // It is typed for the version of ioredis before this one, of which it uses nothing that has changed.
  const driver = redisDriver({ connection: client as never });
  const whole = new BentoCache({
    default: "redis",
    prefix: name.replace(/\W+/g, "-"),
    ttl,
    stores: { redis: bentostore().useL2Layer(driver) },
  });
  const cache = tags === undefined ? whole : whole.namespace("v1");
  return {
    name,
    get: (index) => cache.getOrSet({ key: `body:${index}`, factory: () => load(index), ...(tags && { tags }) }),
    isRight: isBody,
    async close() {
      await whole.disconnectAll();
      client.disconnect();
    },
  };
}

/** With node-redis, as its Redis store is made; that client pipelines always. */
function cacheable(url: string): RedisSubject {
  const cache = new Cacheable({ primary: createKeyv(url), namespace: "bench-cacheable", ttl });
  return {
    name: "cacheable",
    get: (index) => cache.getOrSet(`body:${index}`, async () => load(index)),
    isRight: isBody,
    close: () => cache.disconnect(),
  };
}

function dedupe(url: string): RedisSubject {
  const client = connect(url);
  const storage = { type: "redis", options: { client: client as never } } as const;
  const cache = createDedupe({ ttl: ttl / 1_000, storage }).define("body", async (index: number) => load(index));
  return {
    name: "async-cache-dedupe",
    get: (index) => cache.body(index),
    isRight: isBody,
    close: () => client.disconnect(),
  };
}
