import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { createCache } from "@cachette/core";
import { Redis } from "ioredis";
import { afterAll, afterEach, describe, expect, inject, onTestFinished, test, vi } from "vitest";
import { freePort, startRedisServer } from "../../../test/redis-server.ts";
import { type RedisBackend, redisBackend } from "../src/index.ts";
import { removeAll, uniquePrefix } from "./support.ts";

const url = inject("redisUrl");
const prefix = uniquePrefix();
const options = { expiresAt: Number.POSITIVE_INFINITY, size: 1 };
const bytes = new Uint8Array([1]);
const unavailable = expect.objectContaining({ code: "BACKEND_UNAVAILABLE" });

afterEach(() => vi.restoreAllMocks());
afterAll(async () => {
  const client = new Redis(url);
  await removeAll(client, prefix);
  client.disconnect();
});

function open(target: string, settings: { readonly lazyConnect?: boolean } = {}): Redis {
  const client = new Redis(target, { retryStrategy: () => 20, ...settings });
  client.on("error", () => {});
  onTestFinished(() => client.disconnect());
  return client;
}

/** Every call that a backend can be asked to make. */
const calls: Record<string, (backend: RedisBackend) => unknown> = {
  get: (backend) => backend.get(`${prefix}key`),
  set: (backend) => backend.set(`${prefix}key`, bytes, options),
  "set of what has expired": (backend) => backend.set(`${prefix}key`, bytes, { expiresAt: 0, size: 1 }),
  delete: (backend) => backend.delete(`${prefix}key`),
  read: (backend) => backend.versions(prefix).read(["a"]),
  advance: (backend) => backend.versions(prefix).advance(["a"], "hard"),
  ping: (backend) => backend.ping(),
};

async function allFailAtOnce(backend: RedisBackend): Promise<void> {
  for (const [name, call] of Object.entries(calls)) {
    const begin = performance.now();
    await expect(call(backend), name).rejects.toEqual(unavailable);
    expect(performance.now() - begin, name).toBeLessThan(50);
  }
}

async function allWork(backend: RedisBackend): Promise<void> {
  for (const [name, call] of Object.entries(calls)) await expect(call(backend), name).resolves.not.toThrow();
}

function listenersOf(client: Redis): Record<string, number> {
  return Object.fromEntries(client.eventNames().map((event) => [String(event), client.listenerCount(event)]));
}

describe("a server that is gone", () => {
  test("makes calls fail at once, nothing piles up, and it is used again when it is back", async () => {
    const port = await freePort();
    let server = await startRedisServer({ port });
    const client = open(server.url);
    const handedIn = redisBackend(client);
    const own = redisBackend(server.url);
    await allWork(handedIn);
    await allWork(own);
    await Promise.all([server.stop(), once(client, "close")]);
    for (const backend of [handedIn, own]) {
      for (let round = 0; round < 5; round++) await allFailAtOnce(backend);
    }
    expect((client as unknown as { offlineQueue: { length: number } }).offlineQueue.length).toBe(0);

    server = await startRedisServer({ port });
    onTestFinished(() => server.stop());
    for (const backend of [handedIn, own]) {
      await expect.poll(() => backend.ping().then(() => "back"), { timeout: 5_000 }).toBe("back");
      await allWork(backend);
    }
    await own.close();
  });

  test("and was never there: the first call fails with the first attempt, later ones at once", async () => {
    const errors = vi.spyOn(console, "error");
    const nowhere = `redis://127.0.0.1:${await freePort()}`;
    for (const backend of [redisBackend(nowhere), redisBackend(open(nowhere))]) {
      const begin = performance.now();
      await expect(backend.get("a")).rejects.toEqual(unavailable);
      expect(performance.now() - begin).toBeLessThan(1_000);
      await allFailAtOnce(backend);
      await sleep(100);
      await allFailAtOnce(backend);
      await backend.close();
    }
    expect(errors).not.toHaveBeenCalled();
  });

  test("is named as the cause, where the client is one of our own", async () => {
    const backend = redisBackend(`redis://127.0.0.1:${await freePort()}`);
    const refused = expect.objectContaining({ cause: expect.objectContaining({ code: "ECONNREFUSED" }) });
    await expect(backend.get("a")).rejects.toEqual(refused);
    await expect(backend.get("a")).rejects.toEqual(refused);
    await backend.close();
  });

  test("and another in its place does not answer: calls do not wait for that connection", async () => {
    const server = await startRedisServer();
    const client = open(server.url);
    const backend = redisBackend(client);
    await backend.ping();
    await Promise.all([server.stop(), once(client, "close")]);
    await listenInSilence(server.port);
    await expect.poll(() => client.status).toBe("connect");
    await allFailAtOnce(backend);
  });

  test("in the middle of a call: one through a client of its own fails as soon as that is known", async () => {
    const server = await startRedisServer();
    const own = redisBackend(server.url);
    await own.ping();
    server.signal("SIGSTOP");
    const begin = performance.now();
    const call = expect(own.get("a")).rejects.toThrow();
    await sleep(50);
    await server.stop();
    await call;
    expect(performance.now() - begin).toBeLessThan(1_000);
    await allFailAtOnce(own);
    await own.close();
  });
});

describe("the first connection", () => {
  test("is waited for by all calls made meanwhile, with one set of listeners", async () => {
    const client = open(url);
    const before = listenersOf(client);
    const backend = redisBackend(client);
    const answers = [...Array(50)].flatMap(() => Object.values(calls).map((call) => call(backend)));
    await Promise.resolve();
    for (const [event, count] of Object.entries(listenersOf(client))) {
      expect(count - (before[event] ?? 0), event).toBeLessThanOrEqual(1);
    }
    expect(client.status).not.toBe("ready");
    await Promise.all(answers);
    expect(client.listenerCount("ready") + client.listenerCount("end")).toBe(0);
    await allWork(backend);
  });

  test("is made when the client was told to wait for a reason to", async () => {
    const client = open(url, { lazyConnect: true });
    const backend = redisBackend(client);
    expect(client.status).toBe("wait");
    await Promise.all([allWork(backend), allWork(backend)]);
    expect(client.status).toBe("ready");
  });

  test("fails for all who wait when the backend is closed", async () => {
    const silent = await listenInSilence();
    const client = open(silent);
    // The client puts on listeners of its own while it connects.
    await sleep(50);
    const before = listenersOf(client);
    const backend = redisBackend(client);
    const waiting = Object.values(calls).map((call) => expect(call(backend)).rejects.toEqual(unavailable));
    await Promise.resolve();
    expect(listenersOf(client)).not.toEqual(before);
    await backend.close();
    await Promise.all(waiting);
    expect(listenersOf(client)).toEqual(before);
  });
});

test("a master that has become a replica is left for the one that its name leads to by now", async () => {
  const [former, present] = await Promise.all([startRedisServer(), startRedisServer()]);
  let target = former.url;
  const name = createServer((socket) => {
    const server = connect(Number(new URL(target).port), "127.0.0.1");
    socket.pipe(server).pipe(socket);
    socket.on("error", () => server.destroy());
    server.on("error", () => socket.destroy());
  }).listen(0, "127.0.0.1");
  await once(name, "listening");
  const cache = createCache({
    backend: redisBackend(`redis://127.0.0.1:${(name.address() as AddressInfo).port}`),
    prefix,
  });
  const admin = new Redis(former.url);
  onTestFinished(async () => {
    await cache.close();
    admin.disconnect();
    name.close();
    await Promise.all([former.stop(), present.stop()]);
  });
  await cache.set("a", "old");
  await admin.replicaof("127.0.0.1", "1");
  target = present.url;
  expect(await cache.get("a")).toBe("old");
  await cache.getOrSet("b", () => 1);
  await vi.waitFor(async () => {
    expect(await cache.get("a")).toBeUndefined();
    expect(await cache.set("c", 1)).toBe(true);
  });
});

test("a server that stays read-only still answers look-ups", async () => {
  const server = await startRedisServer();
  const cache = createCache({ backend: redisBackend(server.url), prefix });
  const admin = new Redis(server.url);
  onTestFinished(async () => {
    await cache.close();
    admin.disconnect();
    await server.stop();
  });
  await cache.set("a", 1);
  await admin.replicaof("127.0.0.1", "1");
  await cache.getOrSet("b", () => 2);
  await vi.waitFor(async () => expect(await cache.get("a")).toBe(1));
  for (let round = 0; round < 20; round++) {
    expect(await cache.getOrSet(`b${round}`, () => 2)).toBe(2);
    expect(await cache.get("a")).toBe(1);
  }
});

describe("a server that accepts and never answers", () => {
  test("leaves calls pending: how long to wait is the cache's business", async () => {
    const silent = await listenInSilence();
    for (const backend of [redisBackend(silent), redisBackend(open(silent))]) {
      const states = new Map<string, string>();
      for (const [name, call] of Object.entries(calls)) {
        Promise.resolve(call(backend)).then(
          () => states.set(name, "answered"),
          () => states.set(name, "failed"),
        );
      }
      await sleep(300);
      expect([...states]).toEqual([]);
      await backend.close();
    }
  });

  test("is used again when it answers", async () => {
    const server = await startRedisServer();
    onTestFinished(() => server.stop());
    const backend = redisBackend(server.url);
    await backend.set("key", bytes, options);
    server.signal("SIGSTOP");
    const call = backend.get("key");
    expect(await Promise.race([call, sleep(200, "pending")])).toBe("pending");
    server.signal("SIGCONT");
    expect(await call).toEqual(Buffer.from(bytes));
    await backend.close();
  });
});

describe("a client that was handed in", () => {
  test("has no more listeners after a thousand calls of three backends than before", async () => {
    const client = open(url);
    await client.ping();
    const before = listenersOf(client);
    const backends = [redisBackend(client), redisBackend(client), redisBackend(client)];
    for (let round = 0; round < 48; round++) {
      await Promise.all(backends.flatMap((backend) => Object.values(calls).map((call) => call(backend))));
    }
    expect(listenersOf(client)).toEqual(before);
    for (const backend of backends) await backend.close();
    expect(listenersOf(client)).toEqual(before);
  });

  test("stays open after close, and the backend is closed all the same", async () => {
    const client = open(url);
    const backend = redisBackend(client);
    await allWork(backend);
    await backend.close();
    expect(client.status).toBe("ready");
    expect(await client.ping()).toBe("PONG");
    await allFailAtOnce(backend);
    await allWork(redisBackend(client));
  });

  test("that its owner disconnects makes calls fail at once, until it is connected again", async () => {
    const client = open(url);
    const backend = redisBackend(client);
    await allWork(backend);
    client.disconnect();
    await once(client, "end");
    await allFailAtOnce(backend);
    await client.connect();
    await allWork(backend);
  });
});

test("a client of its own is disconnected by close, connected or not", async () => {
  const server = await startRedisServer();
  onTestFinished(() => server.stop());
  const watching = open(server.url);
  const clients = async () => Number(/connected_clients:(\d+)/.exec(await watching.info("clients"))?.[1]);
  const [used, unused] = [redisBackend(server.url), redisBackend(server.url)];
  await used.ping();
  await expect.poll(clients).toBe(3);
  await used.close();
  await unused.close();
  await expect.poll(clients).toBe(1);
  await allFailAtOnce(used);
  await allFailAtOnce(unused);
});

/** A server that accepts connections and never says a word; gives its URL. */
async function listenInSilence(port = 0): Promise<string> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket.on("error", () => {}));
  }).listen(port, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const address = server.address();
  const listening = typeof address === "object" ? address?.port : undefined;
  return `redis://127.0.0.1:${listening}`;
}
