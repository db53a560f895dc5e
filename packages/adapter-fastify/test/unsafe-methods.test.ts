import { memoryBackend } from "@cachette/backend-memory";
import { createCache } from "@cachette/core";
import { faultyBackend, manualClock } from "@cachette/testing";
import Fastify, { type FastifyReply } from "fastify";
import { expect, onTestFinished, test } from "vitest";
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
  ["what is written past Fastify", (reply) => void reply.hijack().raw.end("done")],
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
    const { headers } = await site.ask("/", {}, method);
    if (answer !== answers.at(-1)?.[1]) expect(headers["x-cache"]).toBe("BYPASS");
    expect(await kept(site)).toBe(false);
  });
}

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
