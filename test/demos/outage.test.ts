import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Demo, frameworks, startDemo } from "../../apps/server-kit/src/index.ts";
import { freePort, type RedisServer, startRedisServer } from "../redis-server.ts";
import { deadline, expectHit, inOrder, instant, redisCli, remove, token } from "./expectations.ts";

describe.concurrent.each(frameworks)("the %s demo and a Redis that comes and goes", (framework) => {
  let directory: string;
  let port: number;
  let redis: RedisServer | undefined;
  let demo: Demo;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), "cachette-demo-"));
    port = await freePort();
    demo = await startDemo(framework, { PURGE_TOKEN: token, REDIS_URL: `redis://127.0.0.1:${port}` });
  });
  afterAll(async () => {
    await demo.end();
    await redis?.stop();
    await rm(directory, { recursive: true, force: true });
  });

  /** Starts a Redis whose entries survive it, so that what was to be purged is still there when it is back. */
  async function startRedis(): Promise<RedisServer> {
    const args = ["--dir", directory, "--appendonly", "yes", "--appendfsync", "always"];
    return startRedisServer({ port, args });
  }

  /** Waits until the demo says that it reaches Redis. */
  async function reached(): Promise<void> {
    const end = Date.now() + 5000;
    while ("reachable" in JSON.parse((await demo.ask("/")).body)) {
      expect(Date.now()).toBeLessThan(end);
      await sleep(50);
    }
  }

  /** Waits until the cache has found out too: it tries a backend that failed once a second. */
  async function working(): Promise<void> {
    await reached();
    const end = Date.now() + 5000;
    while ((await demo.ask("/greeting")).headers["x-cache"] !== "HIT") {
      expect(Date.now()).toBeLessThan(end);
      await sleep(50);
    }
  }

  /** Every route answers, and none takes longer than its handler and the deadline. */
  async function expectAnswers(): Promise<void> {
    const paths = { "/": 0, "/slow?q=1": 2000, "/slow?q=2": 2000, "/report/1": 1000, "/greeting": 0, "/nothing": 0 };
    const answers = await Promise.all(Object.keys(paths).map((path) => demo.ask(path)));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200, 404]);
    for (const [index, handler] of Object.values(paths).entries()) {
      expect(answers[index]?.duration).toBeLessThan(handler + deadline + instant);
    }
    const about = { service: "demo-cache", backend: "redis", framework, reachable: false };
    expect(JSON.parse(answers[0]?.body ?? "")).toStrictEqual(about);
  }

  function count(text: string): number {
    return demo.output().split(text).length - 1;
  }

  test("answers on every route before Redis has ever been there", inOrder, async () => {
    await expectAnswers();
    expect(count("Redis is out of reach")).toBe(1);
  });

  test("uses it as soon as it is there", inOrder, async () => {
    redis = await startRedis();
    await working();
    expectHit(await demo.ask("/greeting"), await demo.ask("/greeting"));
    expect(count("Redis is back")).toBe(1);
    expect(JSON.parse((await demo.ask("/")).body)).toStrictEqual({
      service: "demo-cache",
      backend: "redis",
      framework,
    });
  });

  test("answers on every route after it was killed", inOrder, async () => {
    redis?.signal("SIGKILL");
    await expectAnswers();
    expect(count("Redis is out of reach")).toBe(2);
  });

  test("refuses a purge meanwhile with 503, and has it carried out when Redis is back", inOrder, async () => {
    const answer = await remove(demo, "/cache/clear");
    expect(answer).toMatchObject({ status: 503, body: '{"cleared":false,"error":"INVALIDATION_PENDING"}' });
    expect(answer.duration).toBeLessThan(deadline + instant);
    await redis?.stop();
    redis = await startRedis();
    await reached();
    expect(await redisCli(port, "exists", "demo::GET:/greeting|undefined|undefined")).toEqual(["1"]);
    expect((await demo.ask("/greeting")).headers["x-cache"]).toBe("MISS");
    await working();
  });

  test("answers on every route while Redis hangs", inOrder, async () => {
    redis?.signal("SIGSTOP");
    try {
      await expectAnswers();
    } finally {
      redis?.signal("SIGCONT");
    }
    await working();
  });
});
