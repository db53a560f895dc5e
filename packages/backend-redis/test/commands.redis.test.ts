import { inspect } from "node:util";
import { Redis } from "ioredis";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type RedisServer, startRedisServer } from "../../../test/redis-server.ts";
import { redisBackend } from "../src/index.ts";

const bytes = new Uint8Array([1, 2, 3]);
const forever = Number.POSITIVE_INFINITY;
const put = (key: string) => redisBackend(client).set(key, bytes, { expiresAt: forever, size: 3 });

// A server of its own: it is configured, and what it was asked is counted.
let server: RedisServer;
let client: Redis;

beforeAll(async () => {
  server = await startRedisServer();
  client = new Redis(server.url);
});

afterAll(async () => {
  client.disconnect();
  await server.stop();
});

test("an entry is a string under its own key, and expires by itself", async () => {
  const backend = redisBackend(client);
  const expiresAt = Date.now() + 60_000;
  await backend.set("shop:v1:GET:/slow?q=42", bytes, { expiresAt, size: 3 });
  await backend.set("for ever", bytes, { expiresAt: forever, size: 3 });
  expect((await client.keys("*")).sort()).toEqual(["for ever", "shop:v1:GET:/slow?q=42"]);
  expect(await client.getBuffer("for ever")).toEqual(Buffer.from(bytes));
  expect(await client.pexpiretime("shop:v1:GET:/slow?q=42")).toBe(expiresAt);
  expect(await client.pttl("for ever")).toBe(-1);
  await backend.set("for ever", bytes, { expiresAt: Date.now() - 1, size: 3 });
  expect(await client.exists("for ever")).toBe(0);
});

test("a prefix of the client's own is kept to", async () => {
  const prefixed = new Redis(server.url, { keyPrefix: "team:" });
  const backend = redisBackend(prefixed);
  await backend.set("key", bytes, { expiresAt: forever, size: 3 });
  await backend.versions("shop").advance(["t:a"], "hard");
  expect((await client.keys("team:*")).sort()).toEqual(["team:key", "team:{shop}:clock", "team:{shop}:label:t:a"]);
  expect((await backend.versions("shop").read(["t:a"])).stamps).toEqual([{ hard: 1, soft: 0 }]);
  prefixed.disconnect();
});

test("no other commands are used than those that are documented", async () => {
  const name = "only";
  await client.acl("SETUSER", name, "on", ">secret", "~*", "&*", "-@all", "+info", "+ping");
  for (const command of ["get", "set", "unlink", "mget", "eval", "evalsha", "pexpire", "publish"]) {
    await client.acl("SETUSER", name, `+${command}`);
  }
  const limited = new Redis(server.url, { username: name, password: "secret", disableClientInfo: true });
  const backend = redisBackend(limited);
  const versions = backend.versions("limited");
  await backend.ping();
  await backend.set("a", bytes, { expiresAt: Date.now() + 60_000, size: 3 });
  await backend.set("b", bytes, { expiresAt: forever, size: 3 });
  expect(await backend.get("a")).toEqual(Buffer.from(bytes));
  expect(await backend.delete("a")).toBe(true);
  await versions.read(["a"]);
  await versions.read(["a"]);
  await versions.advance(["a", "b"], "hard");
  expect((await versions.read(["a"])).stamps).toEqual([{ hard: 1, soft: 0 }]);
  await expect(limited.keys("*")).rejects.toThrow("NOPERM");
  limited.disconnect();
});

describe("a hit with namespace and tags", () => {
  const labels = ["*", "n:v1", "t:a", "t:b", "t:c"];

  async function countCommands(task: (hit: () => Promise<unknown>) => Promise<unknown>): Promise<string[]> {
    const backend = redisBackend(client);
    const versions = backend.versions("shop");
    await put("key");
    await versions.read(labels);
    await client.config("RESETSTAT");
    await task(() => Promise.all([backend.get("key"), versions.read(labels)]));
    const statistics = await client.info("commandstats");
    const counts = [...statistics.matchAll(/^cmdstat_(\w+):calls=(\d+)/gm)].map(
      ([, name, calls]) => `${name} ${calls}`,
    );
    return counts.filter((count) => !/config|info/.test(count)).sort();
  }

  test("is one command", async () => {
    const counts = await countCommands(async (hit) => {
      for (let round = 0; round < 100; round++) await hit();
    });
    expect(counts).toEqual(["mget 100"]);
  });

  test("is one command together with all others of the same moment", async () => {
    const counts = await countCommands(async (hit) => {
      const later = async (steps: number) => {
        // As requests do that have waited for something of their own.
        for (let step = 0; step < steps; step++) await undefined;
        return hit();
      };
      await Promise.all(Array.from({ length: 64 }, (_, index) => later(index % 5)));
    });
    expect(counts).toEqual(["mget 1"]);
  });
});

describe("what Redis refuses rejects with its own error", () => {
  test("which holds neither the value that was to be kept nor a password", async () => {
    const secret = new TextEncoder().encode("a secret value");
    await client.config("SET", "maxmemory", "1");
    const call = redisBackend(client).set("key", secret, { expiresAt: forever, size: 14 });
    const error: unknown = await call.catch((reason: unknown) => reason);
    await client.config("SET", "maxmemory", "0");
    expect(inspect(error, { depth: 9 })).toMatch(/^(?!.*(secret|73 65 63 72 65 74)).*OOM/s);

    const locked = redisBackend(server.url.replace("//", "//somebody:opensesame@"));
    const refusal: unknown = await locked.get("key").catch((reason: unknown) => reason);
    await locked.close();
    expect(inspect(refusal, { depth: 9 })).toMatch(/^(?!.*opensesame).*WRONGPASS/s);
  });

  test("except that a key which holds something else counts as empty", async () => {
    await client.rpush("list", "1");
    expect(await redisBackend(client).get("list")).toBeUndefined();
  });

  test("memory that is used up", async () => {
    const backend = redisBackend(client);
    await backend.versions("full").read(["a"]);
    await client.config("SET", "maxmemory", "1");
    try {
      await expect(put("key")).rejects.toThrow("OOM");
      await expect(backend.versions("full").advance(["a"], "hard")).rejects.toThrow("OOM");
      expect((await backend.versions("full").read(["a"])).stamps).toEqual([{ hard: 0, soft: 0 }]);
      for (const labelTtl of ["30d", Number.POSITIVE_INFINITY] as const) {
        const versions = redisBackend(client, { labelTtl }).versions("full");
        expect((await versions.read([`new ${labelTtl}`])).stamps).toEqual([{ hard: 0, soft: 0 }]);
      }
    } finally {
      await client.config("SET", "maxmemory", "0");
    }
    await put("key");
  });

  test("a server that has become a replica", async () => {
    await client.replicaof("127.0.0.1", "1");
    try {
      await expect(put("key")).rejects.toThrow("READONLY");
      await expect(redisBackend(client).delete("key")).rejects.toThrow("READONLY");
      await expect(redisBackend(client).versions("s").advance([], "hard")).rejects.toThrow("READONLY");
    } finally {
      await client.replicaof("NO", "ONE");
    }
  });
});

test("when Redis evicts entries, labels and clocks, only misses come of it", async () => {
  const small = await startRedisServer({ args: ["--maxmemory", "3mb", "--maxmemory-policy", "allkeys-random"] });
  const backend = redisBackend(small.url);
  const versions = backend.versions("shop");
  const tags = Array.from({ length: 200 }, (_, index) => `t:${index}`);
  let lost = 0;
  try {
    for (let round = 0; round < 20; round++) {
      const before = (await versions.read(tags)).mark;
      await versions.advance(tags, "hard");
      const filler = new Uint8Array(10_000);
      for (let index = 0; index < 150; index++) {
        await backend.set(`${round}:${index}`, filler, { expiresAt: forever, size: 10_000 });
      }
      const { mark, stamps } = await versions.read(tags);
      // Each tag was invalidated after `before`: no reading may call it valid, whatever has been evicted.
      const valid = stamps.filter((stamp) => mark.epoch === before.epoch && stamp.hard <= before.seq);
      expect(valid).toEqual([]);
      if (mark.epoch !== before.epoch || mark.seq !== before.seq + 1) lost++;
    }
    const evicted = Number(/evicted_keys:(\d+)/.exec(await infoOf(small.url))?.[1]);
    expect(evicted).toBeGreaterThan(1_000);
    expect(lost).toBeGreaterThan(0);
  } finally {
    await backend.close();
    await small.stop();
  }
});

async function infoOf(url: string): Promise<string> {
  const asking = new Redis(url);
  const info = await asking.info("stats");
  asking.disconnect();
  return info;
}
