export {
  type Answer,
  type Demo,
  type Framework,
  frameworks,
  launchDemo,
  type Question,
  startDemo,
} from "./demo-process.ts";
export { findRedis } from "./redis-binary.ts";
export { type ClusterOptions, type RedisCluster, startCluster } from "./redis-cluster.ts";
export { type SentinelSet, startSentinels } from "./redis-sentinels.ts";
export { freePort, type RedisServer, type RedisServerOptions, startRedisServer } from "./redis-server.ts";
