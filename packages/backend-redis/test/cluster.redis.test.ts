import { randomUUID } from "node:crypto";
import { type Backend, createCache } from "@cachette/core";
import { backendSuite } from "@cachette/testing/vitest";
import { Cluster, type Redis } from "ioredis";
import { afterAll, describe, expect, test } from "vitest";
import { startCluster } from "../../../apps/server-kit/src/index.ts";
import { redisBackend } from "../src/index.ts";
import { removeAll, uniquePrefix } from "./support.ts";

// Started while the tests are collected, as the suite wants to see a backend by then.
const servers = await startCluster();
const here = new Cluster([...servers.nodes]);
const there = new Cluster([...servers.nodes]);
const pipelining = new Cluster([...servers.nodes], { enableAutoPipelining: true });

afterAll(async () => {
  for (const client of [here, there, pipelining]) client.disconnect();
  await servers.stop();
});

for (const [name, client] of Object.entries({ "a cluster": here, "a cluster, pipelining": pipelining })) {
  backendSuite(name, () => {
    const backend = redisBackend(client);
    const prefix = uniquePrefix();
    return {
      backend,
      prefix,
      another: () => redisBackend(there),
      dispose: async () => {
        await backend.close();
        await removeAll(here, prefix);
      },
    };
  });
}

test("clock and labels of a scope share a slot, entries are spread over all masters", async () => {
  const prefix = uniquePrefix();
  const backend = redisBackend(pipelining);
  for (const scope of ["", "shop", "a}b", "{}", "a:b"]) {
    await backend.versions(prefix + scope).advance(["t:1", "t:2", "n:}{"], "hard");
  }
  // Without a prefix too: an empty scope has to be in one slot as well.
  await backend.versions("").advance(["t:1", "t:2"], "hard");
  const bytes = new Uint8Array([1]);
  await Promise.all(
    Array.from({ length: 300 }, (_, index) =>
      backend.set(`${prefix}${index}`, bytes, { expiresAt: Number.POSITIVE_INFINITY, size: 1 }),
    ),
  );
  const sizes = await Promise.all(here.nodes("master").map((node) => node.dbsize()));
  expect(sizes.length).toBe(3);
  for (const size of sizes) expect(size).toBeGreaterThan(50);
  await removeAll(here, prefix);
});

test("many calls at once, on all masters and scopes", async () => {
  const prefix = uniquePrefix();
  const backend = redisBackend(pipelining);
  const scopes = Array.from({ length: 20 }, (_, index) => backend.versions(`${prefix}${index}`));
  await Promise.all(
    scopes.flatMap((versions, scope) =>
      Array.from({ length: 10 }, async (_, index) => {
        const key = `${prefix}${scope}:${index}`;
        const bytes = new TextEncoder().encode(key);
        await Promise.all([
          versions.advance([`t:${index}`], "hard"),
          backend.set(key, bytes, { expiresAt: Number.POSITIVE_INFINITY, size: bytes.length }),
        ]);
        expect(new Uint8Array((await backend.get(key)) ?? [])).toEqual(bytes);
        await backend.delete(key);
      }),
    ),
  );
  for (const versions of scopes) expect((await versions.read([])).mark.seq).toBe(10);
  await removeAll(here, prefix);
});

test("a slot that moves to another master takes its clock along", async () => {
  const prefix = uniquePrefix();
  const versions = redisBackend(here).versions(prefix);
  await versions.advance(["a"], "hard");
  const before = await versions.read(["a"]);
  await moveSlot(`{${prefix.replaceAll(":", "%3A")}}:clock`);
  expect(await versions.read(["a"])).toEqual(before);
  await versions.advance(["a"], "hard");
  expect((await versions.read(["a"])).stamps).toEqual([{ hard: before.mark.seq + 1, soft: 0 }]);
  await removeAll(here, prefix);
});

test("a cluster that is gone makes calls fail at once", async () => {
  const client = new Cluster([...servers.nodes], { clusterRetryStrategy: () => 50 });
  client.on("error", () => {});
  const backend = redisBackend(client);
  await backend.get("key");
  client.disconnect();
  await expect.poll(() => client.status).not.toBe("ready");
  await expect(backend.get("key")).rejects.toEqual(expect.objectContaining({ code: "BACKEND_UNAVAILABLE" }));
});

describe("look-ups of one moment, some of them of a server that", () => {
  const keys = Array.from({ length: 30 }, (_, index) => `${index}`);

  /** Entries on all servers, the first of which is to fail, and a clock that is there as well, or not. */
  async function spread(clockToo: boolean) {
    const [server] = servers.servers;
    const node = here.nodes("master").find(({ options }) => options.port === server?.port);
    if (server === undefined || node === undefined) throw new Error("no master");
    // Slots are dealt out in the order of the servers.
    const isThere = async (key: string) => Number(await node.cluster("KEYSLOT", key)) < 5_000;
    const isElsewhere = async (key: string) => Number(await node.cluster("KEYSLOT", key)) > 6_000;
    let prefix = randomUUID();
    while (!(await (clockToo ? isThere : isElsewhere)(`{${prefix}}:clock`))) prefix = randomUUID();
    const patient = { deadline: "10s", breaker: { threshold: 1_000 } } as const;
    const cache = createCache({ backend: redisBackend(here), prefix, ...patient });
    await Promise.all(keys.map((key) => cache.set(key, key)));
    const stored = new Set(await node.keys(`${prefix}*`));
    const failing = keys.filter((key) => stored.has(`${prefix}::${key}`));
    expect(failing.length).toBeGreaterThan(0);
    expect(failing.length).toBeLessThan(keys.length);
    return { server, node, prefix, cache, failing };
  }

  /** While a server refuses to look anything up. */
  async function refusing<T>(node: Redis, task: () => Promise<T>): Promise<T> {
    await node.acl("SETUSER", "default", "-get");
    try {
      return await task();
    } finally {
      await node.acl("SETUSER", "default", "+get");
    }
  }

  /** What has become of each look-up: whether something was found, or why not. */
  function look(backend: Backend, prefix: string): readonly Promise<string>[] {
    const versions = backend.versions(prefix);
    return keys.map(
      (key) =>
        new Promise((resolve) => {
          versions.lookUp?.(`${prefix}::${key}`, {
            arrived: (value) => resolve(value === undefined ? "nothing" : "found"),
            failed: (error) => resolve(String(error).slice(0, 24)),
          });
        }),
    );
  }

  const refusal = "ReplyError: NOPERM";

  test("refuses: only who asked that one hears of it", async () => {
    const { node, prefix, cache, failing } = await spread(false);
    const backend = redisBackend(here);
    const [looked, got, cached] = await refusing(node, () =>
      Promise.all([
        Promise.all(look(backend, prefix)),
        Promise.allSettled(keys.map((key) => backend.get(`${prefix}::${key}`))),
        cache.getMany(keys),
      ]),
    );
    const each = <T>(failed: T, found: (key: string) => T) =>
      keys.map((key) => (failing.includes(key) ? failed : found(key)));
    expect(looked).toEqual(each(expect.stringContaining(refusal), () => "found"));
    expect(got.map(({ status }) => status)).toEqual(each("rejected", () => "fulfilled"));
    expect(cached).toEqual(each<string | undefined>(undefined, (key) => key));
    expect(cache.counters()).toMatchObject({ hits: keys.length - failing.length, backendErrors: failing.length });
    await removeAll(here, prefix);
  });

  test("refuses to tell the clock: all of them fail, as nobody can say what is valid", async () => {
    const { node, prefix, cache } = await spread(true);
    const [looked, cached] = await refusing(node, () =>
      Promise.all([Promise.all(look(redisBackend(here), prefix)), cache.getMany(keys)]),
    );
    expect(looked).toEqual(keys.map(() => expect.stringContaining(refusal)));
    expect(cached).toEqual(keys.map(() => undefined));
    expect(await cache.getMany(keys)).toEqual(keys);
    await removeAll(here, prefix);
  });

  test("is silent: nobody else waits for it", async () => {
    const { server, prefix, failing } = await spread(false);
    const backend = redisBackend(here);
    await backend.versions(prefix).read([]);
    const answered = new Set<string>();
    server.signal("SIGSTOP");
    try {
      const looked = look(backend, prefix);
      looked.forEach((outcome, index) => {
        outcome.then(() => answered.add(keys[index] as string));
      });
      const others = keys.filter((key) => !failing.includes(key));
      expect(await Promise.all(looked.filter((_, index) => others.includes(keys[index] as string)))).toEqual(
        others.map(() => "found"),
      );
      expect([...answered].sort()).toEqual(others.sort());
      server.signal("SIGCONT");
      expect(await Promise.all(looked)).toEqual(keys.map(() => "found"));
    } finally {
      server.signal("SIGCONT");
    }
    await removeAll(here, prefix);
  });
});

/** Moves the slot of a key to the next master, with all that is in it. */
async function moveSlot(key: string): Promise<void> {
  const nodes = here.nodes("master");
  const slot = await nodes[0]?.cluster("KEYSLOT", key);
  const owners = await Promise.all(
    nodes.map(async (node) => ({
      node,
      id: await node.cluster("MYID"),
      owns: (await node.cluster("COUNTKEYSINSLOT", Number(slot))) > 0,
    })),
  );
  const from = owners.find(({ owns }) => owns);
  const to = owners.find(({ owns }) => !owns);
  if (from === undefined || to === undefined) throw new Error("no two masters");
  await to.node.cluster("SETSLOT", Number(slot), "IMPORTING", from.id);
  await from.node.cluster("SETSLOT", Number(slot), "MIGRATING", to.id);
  const keys = await from.node.cluster("GETKEYSINSLOT", Number(slot), 100);
  const { host = "", port = 0 } = to.node.options;
  await from.node.migrate(host, port, "", 0, 5_000, "KEYS", ...keys);
  for (const { node } of [to, from]) await node.cluster("SETSLOT", Number(slot), "NODE", to.id);
}
