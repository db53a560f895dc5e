import { memoryBackend } from "@cachette/backend-memory";
import { createCache } from "@cachette/core";
import { faultyBackend, manualClock } from "@cachette/testing";
import Fastify, { type FastifyReply } from "fastify";
import { expect, onTestFinished, test, vi } from "vitest";
import { fastifyCache } from "../src/index.ts";
import { type RunningApp, running } from "./running-app.ts";

async function kept({ ask }: RunningApp, target = "/"): Promise<boolean> {
  return (await ask(target)).headers["x-cache"] === "HIT";
}

const answers: [string, (reply: FastifyReply) => unknown][] = [
  ["a text", () => "done"],
  ["nothing", (reply) => reply.code(204).send()],
  ["a redirect", (reply) => reply.redirect("/", 303)],
  ["a Response", () => new Response("done", { status: 201 })],
];

for (const method of ["POST", "PUT", "DELETE", "M-SEARCH"]) {
  test.each(answers)(`${method} answered by %s: what is stored is gone`, async (_, answer) => {
    const site = await running({ ttl: "1m" }, (app) => {
      app.addHttpMethod("M-SEARCH");
      app.get("/", { config: { cache: {} } }, async () => "content");
      app.route({ method, url: "/", config: { cache: {} }, handler: async (_request, reply) => answer(reply) });
    });
    await site.ask();
    expect(await kept(site)).toBe(true);
    expect((await site.ask("/", {}, method)).headers["x-cache"]).toBe("BYPASS");
    expect(await kept(site)).toBe(false);
  });
}

test.each([0, 20])("what is written past Fastify after %i ms counts too", async (delay) => {
  let changed = 0;
  const site = await running({ ttl: "1m" }, (app) => {
    app.get("/", { config: { cache: {} } }, async () => `changed ${changed}`);
    app.post("/", { config: { cache: {} } }, (_request, reply) => {
      const write = () => {
        changed++;
        reply.raw.end("done");
      };
      reply.hijack();
      if (delay === 0) write();
      else setTimeout(write, delay);
    });
  });
  await site.ask();
  const posted = site.ask("/", {}, "POST");
  if (delay > 0) await site.ask();
  await posted;
  await vi.waitFor(async () => expect((await site.ask()).text).toBe("changed 1"));
});

test("a client that goes away before the answer leaves nothing behind that is no longer true", async () => {
  let go = () => {};
  let begun = false;
  const gate = new Promise<void>((resolve) => {
    go = resolve;
  });
  const site = await running({ ttl: "1m" }, (app) => {
    app.get("/", { config: { cache: {} } }, async () => "content");
    app.post("/", { config: { cache: {} } }, async () => {
      begun = true;
      await gate;
    });
  });
  await site.ask();
  const gone = new AbortController();
  const posted = fetch(site.url, { method: "POST", signal: gone.signal }).catch(() => {});
  await vi.waitFor(() => expect(begun).toBe(true));
  gone.abort();
  await posted;
  await new Promise((resolve) => setTimeout(resolve, 20));
  go();
  await vi.waitFor(async () => expect(await kept(site)).toBe(false));
});

const failures: [string, (reply: FastifyReply) => unknown][] = [
  ["an error", () => Promise.reject(new Error("thrown by the handler, as the test wants it"))],
  ["a 4xx", (reply) => reply.code(409).send("no")],
  ["a Response of an error", () => new Response("no", { status: 500 })],
];

test.each(failures)("%s has changed nothing", async (_, answer) => {
  const site = await running({ ttl: "1m" }, (app) => {
    app.get("/", { config: { cache: {} } }, async () => "content");
    app.post("/", { config: { cache: {} } }, async (_request, reply) => answer(reply));
  });
  await site.ask();
  await site.ask("/", {}, "POST");
  expect(await kept(site)).toBe(true);
});

test("what the answer names is gone too", async () => {
  const site = await running({ ttl: "1m" }, (app) => {
    app.get("/:id", { config: { cache: {} } }, async () => "content");
    app.post("/", { config: { cache: {} } }, async (_request, reply) =>
      reply.code(201).header("location", "/7").send(),
    );
    app.put("/", { config: { cache: {} } }, () => new Response(null, { headers: { "content-location": "/8" } }));
  });
  for (const target of ["/7", "/8", "/9"]) await site.ask(target);
  await site.ask("/", {}, "POST");
  await site.ask("/", {}, "PUT");
  expect([await kept(site, "/7"), await kept(site, "/8"), await kept(site, "/9")]).toEqual([false, false, true]);
});

test("the answer is kept back until it is so", async () => {
  const clock = manualClock();
  const backend = faultyBackend(memoryBackend({ maxEntries: 10 }), { clock });
  const app = Fastify();
  onTestFinished(() => app.close());
  await app.register(fastifyCache, { cache: createCache({ backend, clock }), ttl: "1m" });
  app.get("/", { config: { cache: {} } }, async () => "content");
  app.post("/", { config: { cache: {} } }, async () => {
    backend.faults.delete.delay(100);
    return "done";
  });
  await app.inject("/");
  let answered = false;
  const answer = app.inject({ method: "POST", url: "/" }).then(() => {
    answered = true;
  });
  await new Promise((resolve) => setTimeout(resolve, 50));
  await clock.advance(99);
  expect(answered).toBe(false);
  await clock.advance(1);
  await answer;
});
