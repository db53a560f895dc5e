export { readNumber, timestamp } from "./answers.ts";
export { bearer } from "./bearer.ts";
export { reportConnection } from "./connection.ts";
export { run } from "./run.ts";
export { readSettings, type Settings } from "./settings.ts";
