export { freePort, type RedisServer, startRedisServer } from "../apps/server-kit/src/index.ts";
