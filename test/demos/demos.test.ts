import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Demo, frameworks, type Question, startDemo } from "../../apps/server-kit/src/index.ts";
import { type RedisServer, startRedisServer } from "../redis-server.ts";
import {
  authorization,
  expectDuration,
  expectHit,
  expectLoaded,
  inOrder,
  instant,
  redisCli,
  remove,
  seconds,
  token,
} from "./expectations.ts";

const combinations = frameworks.flatMap((framework) => [
  { framework, backend: "memory" },
  { framework, backend: "redis" },
]);

describe.concurrent("the demos", () => {
  describe("side by side", () => {
    const demos: Demo[] = [];
    beforeAll(async () => {
      demos.push(...(await Promise.all(frameworks.map((framework) => startDemo(framework, { PURGE_TOKEN: token })))));
    });
    afterAll(async () => {
      await Promise.all(demos.map((demo) => demo.end()));
    });

    test("give the same answers to the same requests", inOrder, async () => {
      const anyone: Question = { method: "DELETE" };
      const owner: Question = { method: "DELETE", headers: authorization };
      const root = '{"service":"demo-cache","backend":"memory","framework":"…"}';
      const notNumber = '{"error":"q must be a number"}';
      const notOnce = '{"error":"namespace must be given once and not be empty, or not at all"}';
      const expected: [path: string, question: Question, answer: [status: number, body: string, cache?: string]][] = [
        ["/", {}, [200, root]],
        ["/?x=1", {}, [200, root]],
        ["/slow", {}, [200, '{"q":1,"ts":"…"}', "MISS"]],
        ["/slow?q=1", {}, [200, '{"q":1,"ts":"…"}', "MISS"]],
        ["/slow?q=-2.5", {}, [200, '{"q":-2.5,"ts":"…"}', "MISS"]],
        ["/slow?q=1e3", {}, [200, '{"q":1000,"ts":"…"}', "MISS"]],
        ["/slow?q=%34%32", {}, [200, '{"q":42,"ts":"…"}', "MISS"]],
        ["/slow?q=3", { method: "HEAD" }, [200, "", "MISS"]],
        ["/slow?q=4", { headers: { cookie: "a=b" } }, [200, '{"q":4,"ts":"…"}', "BYPASS"]],
        ["/slow?q=5", { headers: authorization }, [200, '{"q":5,"ts":"…"}', "MISS"]],
        ["/slow?q=", {}, [400, notNumber, "MISS"]],
        ["/slow?q", {}, [400, notNumber, "MISS"]],
        ["/slow?q=abc", {}, [400, notNumber, "MISS"]],
        ["/slow?q=4%202", {}, [400, notNumber, "MISS"]],
        ["/slow?q=0x10", {}, [400, notNumber, "MISS"]],
        ["/slow?q=NaN", {}, [400, notNumber, "MISS"]],
        ["/slow?q=1e999", {}, [400, notNumber, "MISS"]],
        ["/slow?q=1&q=2", {}, [400, notNumber, "MISS"]],
        ["/greeting", {}, [200, '{"language":"en","user":"guest","ts":"…"}', "MISS"]],
        [
          "/greeting",
          { headers: { "accept-language": "de-DE,de;q=0.9", "x-user-id": "7" } },
          [200, '{"language":"de-DE,de;q=0.9","user":"7","ts":"…"}', "MISS"],
        ],
        ["/report/7", {}, [200, '{"id":"7","ts":"…"}']],
        ["/report/a%2Fb", {}, [200, '{"id":"a/b","ts":"…"}']],
        ["/report/%C3%BC", {}, [200, '{"id":"ü","ts":"…"}']],
        ["/cache/clear", anyone, [401, '{"error":"unauthorized"}']],
        ["/cache/clear?namespace=v1", anyone, [401, '{"error":"unauthorized"}']],
        ["/cache/tags/x", anyone, [401, '{"error":"unauthorized"}']],
        ["/cache/clear", owner, [200, '{"cleared":true,"namespace":null}']],
        ["/cache/clear?namespace=v1", owner, [200, '{"cleared":true,"namespace":"v1"}']],
        ["/cache/clear?namespace=a%3Ab", owner, [200, '{"cleared":true,"namespace":"a:b"}']],
        ["/cache/clear?namespace=", owner, [400, notOnce]],
        ["/cache/clear?namespace=a&namespace=b", owner, [400, notOnce]],
        ["/cache/tags/a%2Fb%3Ac", owner, [200, '{"cleared":true,"tag":"a/b:c"}']],
        ["/cache/clear", {}, [404, '{"error":"not found"}']],
        ["/slow", { method: "POST" }, [404, '{"error":"not found"}']],
        ["/nothing", {}, [404, '{"error":"not found"}']],
      ];
      await Promise.all(
        demos.map(async (demo, index) => {
          const answers = await Promise.all(expected.map(([path, question]) => demo.ask(path, question)));
          const seen = answers.map(({ status, body, headers }, row) => {
            const [path, question] = expected[row] ?? [];
            const plain = body.replace(frameworks[index] ?? "", "…").replace(/"ts":"[^"]*"/, '"ts":"…"');
            const cache = headers["x-cache"];
            return [path, question, cache === undefined ? [status, plain] : [status, plain, cache]];
          });
          expect(seen).toEqual(expected);
        }),
      );
    });

    test("keep no answer with an error", inOrder, async () => {
      for (const demo of demos) {
        await demo.ask("/slow?q=abc");
        expect(await demo.ask("/slow?q=abc")).toMatchObject({ status: 400, headers: { "x-cache": "MISS" } });
      }
    });

    test("keep an entry for ten seconds", inOrder, async () => {
      await Promise.all(
        demos.map(async (demo) => {
          const first = await demo.ask("/slow?q=10");
          await sleep(9000);
          expectHit(await demo.ask("/slow?q=10"), first);
          await sleep(1100);
          expectLoaded(await demo.ask("/slow?q=10"), 2000);
        }),
      );
    });

    test("share nothing, on memory", inOrder, async () => {
      const [one, two] = demos as [Demo, Demo];
      await one.ask("/slow?q=12");
      const answer = await two.ask("/slow?q=12");
      expectLoaded(answer, 2000);
      await remove(one, "/cache/clear");
      expectHit(await two.ask("/slow?q=12"), answer);
    });
  });

  describe.each(combinations)("$framework on $backend", ({ framework, backend }) => {
    let redis: RedisServer | undefined;
    let demo: Demo;

    beforeAll(async () => {
      if (backend === "redis") redis = await startRedisServer();
      demo = await startDemo(framework, { PURGE_TOKEN: token, ...(redis && { REDIS_URL: redis.url }) });
    });
    afterAll(async () => {
      await demo.end();
      await redis?.stop();
    });

    test("says what it is", inOrder, async () => {
      const answer = await demo.ask("/");
      expect(answer.status).toBe(200);
      expect(JSON.parse(answer.body)).toStrictEqual({ service: "demo-cache", backend, framework });
      expect(answer.headers["x-cache"]).toBeUndefined();
    });

    test("is instant the second time, with the same bytes, and slow with other parameters", inOrder, async () => {
      const [first, other] = await Promise.all([demo.ask("/slow?q=42"), demo.ask("/slow?q=43")]);
      expectLoaded(first, 2000);
      expectLoaded(other, 2000);
      expect(JSON.parse(first.body)).toStrictEqual({ q: 42, ts: seconds });
      expect(JSON.parse(other.body).q).toBe(43);
      expect(Math.abs(Date.parse(`${JSON.parse(first.body).ts}Z`) - Date.now())).toBeLessThan(5000);
      expect(first.headers["cache-status"]).toMatch(/; stored; ttl=(9|10)$/);
      expectHit(await demo.ask("/slow?q=42"), first);
      expectHit(await demo.ask("/slow?q=43"), other);
      const { etag = "" } = first.headers;
      const again = await demo.ask("/slow?q=42", { headers: { "if-none-match": etag } });
      expect(again).toMatchObject({ status: 304, body: "" });
    });

    test("refuses a purge without the token, which changes nothing", inOrder, async () => {
      const before = await demo.ask("/slow?q=43");
      const headers = ["Bearer wrong", "Bearer", token, `Basic ${token}`].map((authorization) => ({ authorization }));
      for (const wrong of [{}, ...headers]) {
        for (const path of ["/cache/clear?namespace=v1", "/cache/clear", "/cache/tags/report:1"]) {
          const answer = await demo.ask(path, { method: "DELETE", headers: wrong });
          expect(answer).toMatchObject({ status: 401, headers: { "www-authenticate": "Bearer" } });
        }
      }
      expectHit(await demo.ask("/slow?q=43"), before);
    });

    test("purges the entries of a namespace and of no other", inOrder, async () => {
      const before = await demo.ask("/slow?q=43");
      const greeting = await demo.ask("/greeting");
      for (const other of ["v", "v11", "v*", "V1"]) {
        const answer = await remove(demo, `/cache/clear?namespace=${other}`);
        expect(answer).toMatchObject({ status: 200, body: `{"cleared":true,"namespace":"${other}"}` });
      }
      expectHit(await demo.ask("/slow?q=43"), before);
      const answer = await remove(demo, "/cache/clear?namespace=v1");
      expect(answer).toMatchObject({ status: 200, body: '{"cleared":true,"namespace":"v1"}' });
      expectLoaded(await demo.ask("/slow?q=43"), 2000);
      expectHit(await demo.ask("/greeting"), greeting);
    });

    test("greets by language and by user", inOrder, async () => {
      const readers: Readonly<Record<string, string>>[] = [
        { "accept-language": "de" },
        { "accept-language": "fr", "x-user-id": "7" },
        { "accept-language": "de", "x-user-id": "7" },
        { "accept-language": "de", "x-user-id": "8" },
        { "x-user-id": 'de"|"7' },
      ];
      for (const headers of readers) {
        const first = await demo.ask("/greeting", { headers });
        const { "accept-language": language = "en", "x-user-id": user = "guest" } = headers;
        expect(JSON.parse(first.body)).toStrictEqual({ language, user, ts: seconds });
        expect(first.headers).toMatchObject({
          vary: "Accept-Language, X-User-Id",
          "cache-control": "no-cache",
          "x-cache": "MISS",
        });
        expectHit(await demo.ask("/greeting", { headers }), first);
      }
    });

    test("keeps a report until its own tag is purged", inOrder, async () => {
      const [first, other] = await Promise.all([demo.ask("/report/7"), demo.ask("/report/8")]);
      expectDuration(first, 1000);
      expect(JSON.parse(first.body)).toStrictEqual({ id: "7", ts: seconds });
      const second = await demo.ask("/report/7");
      expect(second.body).toBe(first.body);
      expect(second.duration).toBeLessThan(instant);
      const answer = await remove(demo, "/cache/tags/report:7");
      expect(answer).toMatchObject({ status: 200, body: '{"cleared":true,"tag":"report:7"}' });
      expect((await demo.ask("/report/8")).body).toBe(other.body);
      const third = await demo.ask("/report/7");
      expectDuration(third, 1000);
      expect(third.body).not.toBe(first.body);
    });

    test("runs the handler once for a hundred first requests at once", inOrder, async () => {
      const start = performance.now();
      const answers = await Promise.all(Array.from({ length: 100 }, () => demo.ask("/slow?q=100")));
      expect(performance.now() - start).toBeLessThan(4000);
      expect(new Set(answers.map(({ status, body }) => `${status} ${body}`)).size).toBe(1);
      const states = answers.map(({ headers }) => headers["x-cache"]);
      expect(states.filter((state) => state === "MISS")).toHaveLength(1);
      expect(states.filter((state) => state === "HIT")).toHaveLength(99);
    });

    if (backend === "redis") {
      test("has keys in Redis that tell a person what they hold", inOrder, async () => {
        const keys = await redisCli(redis?.port ?? 0, "--scan");
        const readable = ["demo:v1:GET:/slow?q=100", 'demo::GET:/greeting|"de"|"7"', 'demo::report("7")'];
        expect(keys).toEqual(expect.arrayContaining(readable));
        expect(keys.join()).not.toContain(new URL(demo.url).host);
      });
    }

    test("purges everything without a namespace", inOrder, async () => {
      expect((await demo.ask("/greeting")).headers["x-cache"]).toBe("HIT");
      const answer = await remove(demo, "/cache/clear");
      expect(answer).toMatchObject({ status: 200, body: '{"cleared":true,"namespace":null}' });
      expect((await demo.ask("/greeting")).headers["x-cache"]).toBe("MISS");
    });
  });

  describe("on one Redis", () => {
    let redis: RedisServer;
    const demos: Demo[] = [];
    beforeAll(async () => {
      redis = await startRedisServer();
      const settings = { PURGE_TOKEN: token, REDIS_URL: redis.url };
      // Each framework, and one of them twice.
      const chosen = [...frameworks, "express"] as const;
      demos.push(...(await Promise.all(chosen.map((framework) => startDemo(framework, settings)))));
    });
    afterAll(async () => {
      await Promise.all(demos.map((demo) => demo.end()));
      await redis.stop();
    });

    test("an entry that one process made is a hit in all others", inOrder, async () => {
      const [one, ...others] = demos as [Demo, ...Demo[]];
      const first = await one.ask("/slow?q=42");
      expectLoaded(first, 2000);
      for (const other of others) expectHit(await other.ask("/slow?q=42"), first);
      const report = await one.ask("/report/7");
      for (const other of others) expect((await other.ask("/report/7")).body).toBe(report.body);
    });

    test("a purge in one process is seen by each other at once", inOrder, async () => {
      const purges = ["/cache/clear", "/cache/clear?namespace=v1"];
      for (const one of demos) {
        for (const other of demos.filter((demo) => demo !== one)) {
          for (const state of ["MISS", "HIT"]) {
            expect((await other.ask("/greeting")).headers["x-cache"]).toBe(state);
          }
          expect((await remove(one, purges[0] ?? "")).status).toBe(200);
        }
      }
    });
  });
});
