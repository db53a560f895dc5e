// One run of the suite against one subject: started with a SubjectRun as its argument, it sends the raw results to its
// parent and ends.
import { randomUUID } from "node:crypto";
import { memoryBackend } from "@cachette/backend-memory";
import { redisBackend } from "@cachette/backend-redis";
import { createCache } from "@cachette/core";
import { getResults, runTests } from "http-cache-tests/client/runner.mjs";
import { Redis } from "ioredis";
import { startOrigin } from "./origin.ts";
import { routeOptions } from "./route-options.ts";
import type { Subject, SubjectRun } from "./subject-run.ts";
import type { StartSubject } from "./subjects/subject.ts";
import { type TestCase, testOf, tests } from "./suite.ts";
import { suiteFetch } from "./suite-fetch.ts";

/** A framework is loaded only where it is asked for. */
const load: Record<Subject, () => Promise<StartSubject>> = {
  express: async () => (await import("./subjects/express.ts")).startExpress,
  fastify: async () => (await import("./subjects/fastify.ts")).startFastify,
  hono: async () => (await import("./subjects/hono.ts")).startHono,
  none: async () => (await import("./subjects/none.ts")).startNone,
};

process.once("disconnect", () => process.exit(1));
const {
  subject,
  redisUrl,
  plain = false,
  ids,
  atOnce = tests.length,
  dump = false,
}: SubjectRun = JSON.parse(process.argv[2] ?? "{}");

const redis = redisUrl === undefined ? undefined : new Redis(redisUrl);
const cache = createCache({
  backend: redis ? redisBackend(redis) : memoryBackend({ maxBytes: "64mb" }),
  prefix: `conformance-${randomUUID()}`,
});
const origin = await startOrigin();
const start = await load[subject]();
const server = await start(cache, plain ? {} : routeOptions, origin.url);

const chosen: readonly TestCase[] = ids === undefined ? tests : ids.map(testOf);
for (const test of chosen) if (dump) test.dump = true;
await runTests([{ tests: chosen }], suiteFetch(server.url, origin.url), false, server.url, atOnce);

await server.stop();
await origin.stop();
await cache.clear();
await cache.close();
redis?.disconnect();
process.send?.(getResults(), () => process.exit(0));
