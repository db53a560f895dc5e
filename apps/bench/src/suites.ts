import type { Findings } from "./report.ts";
import type { Settings } from "./settings.ts";

export const suiteNames = ["http", "function", "redis", "scale", "memory"] as const;

export type SuiteName = (typeof suiteNames)[number];

/** Suites are loaded only when they are run: what one of them needs is then not in the others' way. */
export const suites: Record<SuiteName, () => Promise<(settings: Settings) => Promise<Findings>>> = {
  http: async () => (await import("./http/suite.ts")).httpSuite,
  function: async () => (await import("./function/suite.ts")).functionSuite,
  redis: async () => (await import("./redis/suite.ts")).redisSuite,
  scale: async () => (await import("./scale/suite.ts")).scaleSuite,
  memory: async () => (await import("./memory/suite.ts")).memorySuite,
};
