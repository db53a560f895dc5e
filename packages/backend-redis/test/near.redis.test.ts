import { memoryBackend } from "@cachette/backend-memory";
import { type Cache, type CacheOptions, createCache } from "@cachette/core";
import { Cluster, Redis } from "ioredis";
import { afterEach, describe, expect, test, vi } from "vitest";
import { startCluster } from "../../../apps/server-kit/src/index.ts";
import { type RedisServer, startRedisServer } from "../../../test/redis-server.ts";
import { redisBackend } from "../src/index.ts";
import { uniquePrefix } from "./support.ts";

const closing: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function newServer(): Promise<RedisServer> {
  const server = await startRedisServer();
  closing.push(() => server.stop());
  return server;
}

/** A process with a near cache. */
function open(server: RedisServer, prefix: string, options: Partial<CacheOptions> = {}) {
  const client = new Redis(server.url, { enableAutoPipelining: true, enableOfflineQueue: false, lazyConnect: true });
  client.on("error", () => {});
  const near = memoryBackend({ maxEntries: 1_000 });
  const cache = createCache({ backend: redisBackend(client), near, prefix, ...options });
  const sent = vi.fn();
  const { sendCommand } = client;
  client.sendCommand = (command, ...more) => {
    if (command.name === "mget") sent();
    return sendCommand.call(client, command, ...more);
  };
  closing.push(async () => {
    await cache.close();
    client.disconnect();
  });
  return { cache, near, client, sent };
}

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

async function until(happened: () => unknown, patience = 5_000): Promise<void> {
  const end = performance.now() + patience;
  while (!(await happened())) {
    if (performance.now() > end) throw new Error("it has not happened in time");
    await pause(5);
  }
}

/** Until a value is served without asking Redis. */
async function settle({ cache, sent }: ReturnType<typeof open>, key: string, value: unknown): Promise<void> {
  await until(async () => {
    sent.mockClear();
    expect(await cache.get(key)).toEqual(value);
    return sent.mock.calls.length === 0;
  });
}

async function pair(options?: Partial<CacheOptions>) {
  const server = await newServer();
  const prefix = uniquePrefix();
  return { server, here: open(server, prefix, options), there: open(server, prefix, options) };
}

test("a value is served without asking Redis, in the types and for the time it had", async () => {
  const { here, there } = await pair();
  const value = { at: new Date(0), tags: new Set(["a"]), bytes: new Uint8Array([1, 2]) };
  await there.cache.set("a", value, { ttl: 1_000 });
  await settle(here, "a", value);
  here.sent.mockClear();
  for (let round = 0; round < 100; round++) expect(await here.cache.get("a")).toEqual(value);
  expect(here.sent).not.toHaveBeenCalled();
  const own = (await here.cache.get("a")) as { at: Date };
  own.at.setTime(1);
  expect(await here.cache.get("a")).toEqual(value);
  await pause(1_000);
  expect(await here.cache.get("a")).toBeUndefined();
});

test.each([true, false])(
  "a coder of bytes gets the class that Redis gives, from a copy too (shared: %o)",
  async (shared) => {
    const coder = {
      encode: (value: unknown) => Buffer.from(JSON.stringify(value)),
      decode: (encoded: unknown) => JSON.parse((encoded as Buffer).toString("utf8")),
    };
    const { here, there } = await pair({ coder, shared });
    await there.cache.set("a", "ü");
    await settle(here, "a", "ü");
    expect(here.cache.counters().decodeErrors).toBe(0);
  },
);

test("a shared value is decoded once and frozen", async () => {
  const { here, there } = await pair({ shared: true });
  await there.cache.set("a", { n: { m: 1 } });
  await settle(here, "a", { n: { m: 1 } });
  const first = await here.cache.get<{ n: object }>("a");
  expect(await here.cache.get("a")).toBe(first);
  expect(Object.isFrozen(first?.n)).toBe(true);
});

describe("what another process does is seen within 50 ms", () => {
  const changes: [string, (cache: Cache) => Promise<unknown>, unknown][] = [
    ["delete", (cache) => cache.delete("a"), undefined],
    ["set", (cache) => cache.set("a", 2), 2],
    ["clear", (cache) => cache.clear(), undefined],
    ["invalidateTags", (cache) => cache.invalidateTags(["t"]), undefined],
    ["a soft purge", (cache) => cache.invalidateTags(["t"], { soft: true }), undefined],
    ["a refresh", (cache) => cache.wrap(() => 2, { name: "f", key: () => "a", ttl: "1h" }).refresh(), 2],
  ];

  test.each(changes)("%s", async (_what, change, expected) => {
    const { here, there } = await pair();
    await here.cache.set("a", 1, { tags: ["t"] });
    await settle(here, "a", 1);
    await settle(there, "a", 1);
    await change(there.cache);
    await pause(50);
    expect(await here.cache.get("a")).toBe(expected);
    await change(here.cache);
    expect(await here.cache.get("a")).toBe(expected);
  });

  test("and what is done here at once", async () => {
    const { here } = await pair();
    for (let round = 0; round < 50; round++) {
      await here.cache.set("a", round, { tags: ["t"] });
      expect(await here.cache.get("a")).toBe(round);
      await here.cache.get("a");
      await (round % 2 ? here.cache.delete("a") : here.cache.invalidateTags(["t"]));
      expect(await here.cache.get("a")).toBeUndefined();
    }
  });
});

test("what was read before a change is not kept after it", async () => {
  const { here, there } = await pair();
  await there.cache.set("a", 0);
  await settle(here, "a", 0);
  for (let round = 1; round <= 100; round++) {
    const reading = here.cache.get("a");
    await there.cache.set("a", round);
    await reading;
    await pause(round % 3);
    await here.cache.get("a");
    await pause(45);
    expect(await here.cache.get("a")).toBe(round);
    if (round === 20) break;
  }
});

describe("a lost connection for messages", () => {
  test("sends every look-up to Redis, and what was missed meanwhile is not served", async () => {
    const { server, here, there } = await pair();
    const admin = new Redis(server.url);
    closing.push(() => admin.disconnect());
    await there.cache.set("a", 1, { tags: ["t"] });
    await there.cache.set("b", 1);
    await settle(here, "a", 1);
    await settle(here, "b", 1);
    await admin.call("CLIENT", "KILL", "TYPE", "pubsub");
    await there.cache.delete("b");
    await there.cache.invalidateTags(["t"]);
    expect(here.near.size).toBeLessThanOrEqual(2);
    await pause(50);
    expect([await here.cache.get("a"), await here.cache.get("b")]).toEqual([undefined, undefined]);
    await there.cache.set("a", 2);
    await settle(here, "a", 2);
  });

  test("that has only fallen silent is noticed, and made anew", async () => {
    const { here, there } = await pair();
    await there.cache.set("a", 1);
    await settle(here, "a", 1);
    // All that is sent to the connection for messages is lost from here on.
    const { sendCommand } = here.client;
    here.client.sendCommand = (command, ...more) =>
      command.name === "publish" ? Promise.resolve(0) : sendCommand.call(here.client, command, ...more);
    await until(async () => {
      here.sent.mockClear();
      await here.cache.get("a");
      return here.sent.mock.calls.length > 0;
    }, 4_000);
    expect(here.near.size).toBeLessThanOrEqual(1);
    here.client.sendCommand = sendCommand;
    await settle(here, "a", 1);
  });

  test("Redis gone and back with nothing: nothing from before is served", async () => {
    const { server, here } = await pair();
    await here.cache.set("a", 1);
    await settle(here, "a", 1);
    const { port } = server;
    await server.stop();
    await pause(50);
    expect(await here.cache.get("a")).toBeUndefined();
    const again = await startRedisServer({ port });
    closing.push(() => again.stop());
    await until(async () => (await here.cache.set("b", 2)) === true);
    await settle(here, "b", 2);
    expect(await here.cache.get("a")).toBeUndefined();
  });
});

test("two caches on one backend and prefix both hear of changes", async () => {
  const server = await newServer();
  const prefix = uniquePrefix();
  const client = new Redis(server.url);
  const backend = redisBackend(client);
  const caches = [1, 2].map(() => createCache({ backend, near: memoryBackend({ maxEntries: 100 }), prefix }));
  closing.push(() => client.disconnect());
  const [here, there] = caches as [Cache, Cache];
  for (const cache of caches) {
    await cache.set("a", 1);
    await pause(200);
    for (let round = 0; round < 3; round++) expect(await cache.get("a")).toBe(1);
  }
  await there.delete("a");
  await pause(50);
  expect([await here.get("a"), await there.get("a")]).toEqual([undefined, undefined]);
  await here.close();
});

test("what happens in another database of the server, under the same prefix, is none of this one's business", async () => {
  const server = await newServer();
  const prefix = uniquePrefix();
  const there = open({ ...server, url: `${server.url}/1` }, prefix);
  const near = open(server, prefix);
  await there.cache.set("a", 1, { tags: ["t"] });
  await near.cache.set("a", 2, { tags: ["t"] });
  await settle(near, "a", 2);
  for (const purge of [() => there.cache.invalidateTags(["t"]), () => there.cache.clear()]) {
    await purge();
    await pause(50);
    await settle(near, "a", 2);
  }
  expect(await open(server, prefix).cache.get("a")).toBe(2);
});

test("a clock that is lost in Redis, and begins anew with a purge, is heard of", async () => {
  const { server, here, there } = await pair();
  await there.cache.set("a", 1, { tags: ["t"] });
  await settle(here, "a", 1);
  const admin = new Redis(server.url);
  closing.push(() => admin.disconnect());
  await admin.del((await admin.keys("*:clock")) as string[]);
  await there.cache.invalidateTags(["t"]);
  await pause(50);
  expect(await here.cache.get("a")).toBeUndefined();
});

test("on a cluster, what is missed while a connection for messages breaks is not served afterwards", async () => {
  const servers = await startCluster();
  const prefix = uniquePrefix();
  const clients = [1, 2].map(() => new Cluster([...servers.nodes]));
  const [here, there] = clients.map((client) =>
    createCache({ backend: redisBackend(client), near: memoryBackend({ maxEntries: 100 }), prefix }),
  ) as [Cache, Cache];
  const admins = servers.servers.map(({ url }) => new Redis(url));
  for (const [index, purge] of [
    () => there.delete("a"),
    () => there.invalidateTags(["t"]),
    () => there.set("a", undefined),
  ].entries()) {
    await there.set("a", index, { tags: ["t"] });
    await pause(1_200);
    for (let round = 0; round < 3; round++) expect(await here.get("a")).toBe(index);
    await Promise.all(admins.map((admin) => admin.call("CLIENT", "KILL", "TYPE", "pubsub")));
    await purge();
    await pause(60);
    expect(await here.get("a")).toBeUndefined();
    await pause(1_000);
    expect(await here.get("a")).toBeUndefined();
  }
  for (const client of [...clients, ...admins]) client.disconnect();
  await Promise.all([here.close(), there.close()]);
  await servers.stop();
});

test("a process that was held up does not trust what it has not read", async () => {
  const { here, there } = await pair();
  await there.cache.set("a", 1);
  await settle(here, "a", 1);
  await there.cache.delete("a");
  // Held up with the message unread, or not sent yet; then a look-up before the loop has gone on.
  const end = performance.now() + 60;
  while (performance.now() < end);
  expect(await here.cache.get("a")).toBeUndefined();
});

test("closing lets go of the connection, and is needed for nothing else", async () => {
  const server = await newServer();
  const { cache, client } = open(server, uniquePrefix());
  await cache.set("a", 1);
  await cache.close();
  await until(async () => Number(/connected_clients:(\d+)/.exec(await client.info("clients"))?.[1]) === 1);
  expect(await cache.get("a")).toBeUndefined();
});
