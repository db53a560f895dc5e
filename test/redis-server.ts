export { freePort, type RedisServer, type RedisServerOptions, startRedisServer } from "../apps/server-kit/src/index.ts";
