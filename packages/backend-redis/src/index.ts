export type { RedisClient } from "./client.ts";
export { type RedisBackend, type RedisBackendOptions, redisBackend } from "./redis-backend.ts";
