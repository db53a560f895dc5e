import { type CacheEvent, createCache } from "@cachette/core";
import { Cluster, type Command, Redis } from "ioredis";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startCluster } from "../../../apps/server-kit/src/index.ts";
import { type RedisServer, startRedisServer } from "../../../test/redis-server.ts";
import { checkClient } from "../src/client.ts";
import { redisBackend } from "../src/index.ts";
import { reclaimOn } from "../src/reclaim.ts";

let server: RedisServer;
let client: Redis;

beforeAll(async () => {
  server = await startRedisServer({ args: ["--slowlog-log-slower-than", "5000"] });
  client = new Redis(server.url, { enableAutoPipelining: true });
});

afterAll(async () => {
  client.disconnect();
  await server.stop();
});

async function until(happened: () => Promise<boolean>): Promise<void> {
  const end = performance.now() + 15_000;
  while (!(await happened())) {
    if (performance.now() > end) throw new Error("it has not happened in time");
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

const countOf = async (head: string, from: Redis = client) =>
  (await from.keys(`${head.replace(/[*[\]?\\]/g, "\\$&")}*`)).length;

function open(prefix: string, events: CacheEvent[] = []) {
  return createCache({ backend: redisBackend(client), prefix, ttl: "1h", onEvent: (event) => events.push(event) });
}

async function fill(cache: ReturnType<typeof open>, namespace: string, count: number): Promise<void> {
  const space = cache.namespace(namespace);
  await Promise.all(Array.from({ length: count }, (_, index) => space.set(`${index}`, { index })));
}

describe("a cleared namespace", () => {
  test("is removed from Redis in the background; others, and what looks like them, stay", async () => {
    const cache = open("shop*");
    for (const namespace of ["v1", "v1*", "v10", "v?", "v2"]) await fill(cache, namespace, 50);
    await fill(cache, "v1", 2_000);
    await client.set("shop*:v1:not ours", "hello");
    await cache.clear({ namespace: "v1" });
    await until(async () => (await countOf("shop*:v1:")) === 1);
    expect(await client.get("shop*:v1:not ours")).toBe("hello");
    for (const namespace of ["v1*", "v10", "v?", "v2"]) {
      expect(await cache.namespace(namespace).get("49")).toEqual({ index: 49 });
    }
    const slow = (await client.slowlog("GET", 100)) as [id: number, at: number, duration: number, command: string[]][];
    expect(slow.filter(([, , , [name = ""]]) => /scan|getrange|unlink/i.test(name))).toEqual([]);
  });

  test("keeps what was stored after the purge", async () => {
    const cache = open("after");
    await fill(cache, "v1", 500);
    await cache.clear({ namespace: "v1" });
    await cache.namespace("v1").set("new", 1);
    await until(async () => (await countOf("after:v1:")) <= 1);
    expect(await cache.namespace("v1").get("new")).toBe(1);
  });

  test("keeps what takes the place of a dead entry while that is looked at", async () => {
    await client.set("place:dead", "dead");
    const late = {
      ...{ status: "ready", connect: async () => {}, on: () => {}, off: () => {} },
      async sendCommand(command: Command) {
        const answer = await client.sendCommand(command);
        if (command.name === "getrange") await client.set("place:dead", "new");
        return answer;
      },
    };
    await reclaimOn(
      late,
      "place:",
      () => true,
      () => false,
    );
    expect(await client.get("place:dead")).toBe("new");
    await reclaimOn(
      checkClient(client),
      "place:",
      () => true,
      () => false,
    );
    expect(await client.exists("place:dead")).toBe(0);
  });

  test("purged softly stays", async () => {
    const cache = open("soft");
    await fill(cache, "v1", 10);
    await cache.clear({ namespace: "v1", soft: true });
    await cache.clear({ namespace: "v2" });
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(await countOf("soft:v1:")).toBe(10);
  });
});

test("a cleared cache is removed, with what is from before its clock was lost, and no other cache", async () => {
  const cache = open("whole");
  await fill(open("whole2"), "v1", 10);
  await fill(cache, "v1", 300);
  await client.del("{whole}:clock");
  await fill(cache, "v2", 300);
  await cache.clear();
  await until(async () => (await countOf("whole:")) === 0);
  expect(await countOf("whole2:")).toBe(10);
});

test("a purge during a reclaim is followed by another", async () => {
  const cache = open("again");
  await fill(cache, "v1", 1_000);
  await cache.clear({ namespace: "v1" });
  await fill(cache, "v1", 1_000);
  await cache.clear({ namespace: "v1" });
  await until(async () => (await countOf("again:v1:")) === 0);
});

test("a client's own prefix is kept to", async () => {
  const prefixed = new Redis(server.url, { keyPrefix: "te[a]m:", enableAutoPipelining: true });
  const cache = createCache({ backend: redisBackend(prefixed), prefix: "p", ttl: "1h" });
  await fill(cache, "v1", 100);
  await cache.clear();
  await until(async () => (await countOf("te[a]m:p:")) === 0);
  prefixed.disconnect();
});

test("where it is not allowed, that is an event, and the purge holds", async () => {
  await client.acl("SETUSER", "limited", "on", ">secret", "~*", "&*", "+@all", "-scan");
  const limited = new Redis(server.url, { username: "limited", password: "secret" });
  const events: CacheEvent[] = [];
  const backend = redisBackend(limited);
  const cache = createCache({ backend, prefix: "denied", onEvent: (event) => events.push(event) });
  await cache.set("a", 1);
  await cache.clear();
  await until(async () => events.some((event) => event.type === "backend-error" && event.operation === "reclaim"));
  expect(await cache.get("a")).toBeUndefined();
  await cache.close();
  limited.disconnect();
});

test("on a cluster, from all masters", async () => {
  const servers = await startCluster();
  const cluster = new Cluster([...servers.nodes], { enableAutoPipelining: true });
  const cache = createCache({ backend: redisBackend(cluster), prefix: "c", ttl: "1h" });
  await fill(cache, "v1", 300);
  await fill(cache, "v2", 30);
  const sizes = async (head: string) => Promise.all(cluster.nodes("master").map((node) => countOf(head, node)));
  expect((await sizes("c:v1:")).every((size) => size > 0)).toBe(true);
  await cache.clear({ namespace: "v1" });
  await until(async () => (await sizes("c:v1:")).every((size) => size === 0));
  expect((await sizes("c:v2:")).reduce((sum, size) => sum + size)).toBe(30);
  cluster.disconnect();
  await servers.stop();
});
