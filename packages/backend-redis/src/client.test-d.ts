import type { Backend } from "@cachette/core";
import { Cluster, Redis } from "ioredis";
import { expectTypeOf, test } from "vitest";
import { type RedisBackend, redisBackend } from "./index.ts";

test("takes a client or a URL", () => {
  expectTypeOf(redisBackend).toBeCallableWith(new Redis());
  expectTypeOf(redisBackend).toBeCallableWith(new Cluster([]));
  expectTypeOf(redisBackend).toBeCallableWith("redis://127.0.0.1", { labelTtl: "90d" });
  // @ts-expect-error no client
  expectTypeOf(redisBackend).toBeCallableWith({ host: "127.0.0.1" });
  // @ts-expect-error no duration
  expectTypeOf(redisBackend).toBeCallableWith("redis://127.0.0.1", { labelTtl: "a month" });
});

test("is a backend", () => {
  expectTypeOf<RedisBackend>().toExtend<Backend>();
});
