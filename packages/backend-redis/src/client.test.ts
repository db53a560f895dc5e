import { Cluster, Redis } from "ioredis";
import { describe, expect, test } from "vitest";
import { openClient } from "./client.ts";
import { type RedisBackendOptions, type RedisClient, redisBackend } from "./index.ts";

const idle = { lazyConnect: true } as const;
const refused = (option: string) => expect.objectContaining({ code: "OPTION_INVALID", option });

describe("takes", () => {
  test("a client of one server, of Sentinels, of a cluster", () => {
    const sentinels = [{ host: "127.0.0.1", port: 1 }];
    for (const client of [
      new Redis(idle),
      new Redis({ ...idle, sentinels, name: "main" }),
      new Redis({ ...idle, sentinels, name: "main", role: "master" }),
      new Cluster([{ host: "127.0.0.1", port: 1 }], idle),
    ]) {
      expect(redisBackend(client).name).toBe("redis");
      expect(client.status).toBe("wait");
    }
  });
});

describe("refuses", () => {
  test.each([
    ["nothing", undefined],
    ["null", null],
    ["options for a client", { host: "127.0.0.1", port: 6379 }],
    ["a client of another library", { get: () => {}, set: () => {}, isReady: true, connect: () => {}, on: () => {} }],
    ["a pipeline", new Redis(idle).pipeline()],
    ["the class", Redis],
    ["a number", 6379],
  ])("%s", (_what, client) => {
    expect(() => redisBackend(client as unknown as RedisClient)).toThrow(refused("client"));
  });

  test.each(["", "127.0.0.1:6379", "http://127.0.0.1", "redis:", "redis://", "redis://[", "/tmp/redis.sock"])(
    "the URL %o",
    (url) => {
      expect(() => redisBackend(url)).toThrow(refused("client"));
    },
  );

  test("a URL without showing it", () => {
    expect(() => redisBackend("redis+tls://user:secret@host")).toThrow(/^(?!.*secret).*redis:\/\//);
  });

  test("clients that read from replicas, which may lag behind", () => {
    const sentinels = [{ host: "127.0.0.1", port: 1 }];
    for (const client of [
      new Redis({ ...idle, readOnly: true }),
      new Redis({ ...idle, sentinels, name: "main", role: "slave" }),
      new Cluster([{ host: "127.0.0.1", port: 1 }], { ...idle, scaleReads: "slave" }),
      new Cluster([{ host: "127.0.0.1", port: 1 }], { ...idle, scaleReads: "all" }),
      new Cluster([{ host: "127.0.0.1", port: 1 }], { ...idle, scaleReads: () => [] }),
    ]) {
      expect(() => redisBackend(client)).toThrow(refused("client"));
    }
  });

  test("a name that is no option", () => {
    expect(() => redisBackend(new Redis(idle), { prefix: "x" } as RedisBackendOptions)).toThrow(refused("prefix"));
  });

  test.each([0, -1, Number.NaN, "30 days", "", 1e300])("labelTtl: %o", (labelTtl) => {
    const options = { labelTtl } as RedisBackendOptions;
    expect(() => redisBackend(new Redis(idle), options)).toThrow(refused("labelTtl"));
  });
});

test("a client of our own keeps no commands for later, and never gives up to come back", () => {
  const { client } = openClient("redis://127.0.0.1:1/3");
  client.disconnect();
  const { enableOfflineQueue, autoResendUnfulfilledCommands, enableAutoPipelining, db, retryStrategy } = client.options;
  expect([enableOfflineQueue, autoResendUnfulfilledCommands, enableAutoPipelining, db]).toEqual([
    false,
    false,
    true,
    3,
  ]);
  for (const attempt of [1, 2, 10, 100, 1_000_000]) {
    expect(retryStrategy?.(attempt)).toBeGreaterThan(0);
    expect(retryStrategy?.(attempt)).toBeLessThanOrEqual(2_000);
  }
});
