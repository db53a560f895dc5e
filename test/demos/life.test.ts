import { once } from "node:events";
import { Agent } from "node:http";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { frameworks, launchDemo, startDemo } from "../../apps/server-kit/src/index.ts";
import { freePort, startRedisServer } from "../redis-server.ts";
import { run, token } from "./expectations.ts";

describe.concurrent.each(frameworks)("the %s demo starts", (framework) => {
  test("with a token of its own and three curl lines that work", async () => {
    const demo = await startDemo(framework);
    const lines = demo.output().match(/^ {2}curl .*$/gm) ?? [];
    expect(lines).toHaveLength(3);
    for (const line of lines) {
      const { stdout } = await run("sh", ["-c", line.replace("curl", "curl --silent")]);
      expect(stdout).toMatch(/^HTTP\/1.1 200 /);
    }
    expect(lines[2]).toMatch(/DELETE .* "Authorization: Bearer \w{32}"/);
    await demo.end();
  });

  test("where it is told to, without showing the token that it was given", async () => {
    const port = String(await freePort());
    const demo = await startDemo(framework, { PURGE_TOKEN: token, PORT: port, HOST: "127.0.0.2" });
    expect(demo.url).toBe(`http://127.0.0.2:${port}`);
    expect(demo.output()).toContain("Bearer $PURGE_TOKEN");
    expect(demo.output()).not.toContain(token);

    const second = await launchDemo(framework, { PORT: port, HOST: "127.0.0.2" });
    expect(await second.exited).toBe(1);
    expect(second.output().trim()).toBe(`${demo.url} is taken. Set PORT to another port, or to 0 for a free one.`);
    expect((await demo.ask("/")).status).toBe(200);
    await demo.end();
  });

  test.each([
    [{ PORT: "http" }, 'PORT must be a whole number from 0 to 65535, not "http".'],
    [{ PORT: "65536" }, 'PORT must be a whole number from 0 to 65535, not "65536".'],
    [{ REDIS_URL: "127.0.0.1:6379" }, "REDIS_URL must be a URL such as redis://127.0.0.1:6379."],
    [
      { HOST: "192.0.2.1" },
      "Cannot listen on http://192.0.2.1:0: listen EADDRNOTAVAIL: address not available 192.0.2.1",
    ],
  ])("not at all with %o", async (settings, message) => {
    const demo = await launchDemo(framework, settings);
    expect(await demo.exited).toBe(1);
    expect(demo.output().trim()).toBe(message);
  });
});

describe.concurrent.each(frameworks)("the %s demo stops", (framework) => {
  test.each(["SIGTERM", "SIGINT"] as const)(
    "at %s: what is in flight is answered, what is new is refused",
    async (signal) => {
      const demo = await startDemo(framework);
      const { port, hostname } = new URL(demo.url);
      const used = new Agent({ keepAlive: true });
      await demo.ask("/", { agent: used });
      const unused = connect(Number(port), hostname);
      await once(unused, "connect");
      const inFlight = [
        demo.ask("/slow?q=42", { agent: new Agent({ keepAlive: true }) }),
        demo.ask("/slow?q=42", { agent: new Agent({ keepAlive: true }) }),
        demo.ask("/report/7"),
      ];
      await sleep(300);

      const start = performance.now();
      const ended = demo.end(signal);
      await Promise.all([once(unused, "close"), demo.printed(signal)]);
      await expect(demo.ask("/")).rejects.toThrow("ECONNREFUSED");
      await expect(demo.ask("/", { agent: used })).rejects.toThrow("ECONNREFUSED");
      expect(performance.now() - start).toBeLessThan(1000);

      const answers = await Promise.all(inFlight);
      expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
      expect(answers.map(({ headers }) => headers.connection)).toEqual(["close", "close", "close"]);
      expect(answers.map(({ body }) => body.replace(/"ts":"[\d:T-]+"/, "ts"))).toEqual([
        '{"q":42,ts}',
        '{"q":42,ts}',
        '{"id":"7",ts}',
      ]);
      expect(await ended).toBe(0);
      expect(performance.now() - start).toBeLessThan(5000);
      expect(demo.output()).toMatch(/Stopped\.\n$/);
    },
  );

  test("once, however often it is told to, and lets go of Redis", async () => {
    const redis = await startRedisServer();
    const demo = await startDemo(framework, { REDIS_URL: redis.url });
    const inFlight = demo.ask("/slow?q=42");
    await sleep(300);
    demo.process.kill("SIGTERM");
    await demo.printed("SIGTERM");
    expect(await demo.end("SIGINT")).toBe(0);
    expect((await inFlight).status).toBe(200);
    await redis.stop();
  });

  test("while Redis is not there", async () => {
    const demo = await startDemo(framework, { REDIS_URL: `redis://127.0.0.1:${await freePort()}` });
    const start = performance.now();
    expect(await demo.end()).toBe(0);
    expect(performance.now() - start).toBeLessThan(1000);
  });
});
