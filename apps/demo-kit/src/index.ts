export { readNumber, timestamp } from "./answers.ts";
export { bearer } from "./bearer.ts";
export { openRedis } from "./open-redis.ts";
export { run } from "./run.ts";
export { readSettings, type Settings } from "./settings.ts";
