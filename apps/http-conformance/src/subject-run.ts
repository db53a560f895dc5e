import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { RawResults } from "./suite.ts";

/** What can be put through the suite; `none` is the handler alone. */
export const subjects = ["express", "fastify", "hono", "none"] as const;
export const backends = ["memory", "redis"] as const;

export type Subject = (typeof subjects)[number];
export type Backend = (typeof backends)[number];

/** One run of the suite, or of some of its tests. */
export interface SubjectRun {
  readonly subject: Subject;
  /** A Redis to keep the entries in; in memory if absent. */
  readonly redisUrl?: string | undefined;
  /** Whether the route has no options at all, in place of those in route-options.ts. */
  readonly plain?: boolean | undefined;
  /** The tests to run; all if absent. */
  readonly ids?: readonly string[] | undefined;
  /** How many tests run at a time; all by default, as most of the time is spent waiting for entries to grow old. */
  readonly atOnce?: number | undefined;
  /** Whether the requests and answers of each test are printed. */
  readonly dump?: boolean | undefined;
}

/** Milliseconds that a run may take: one of all tests takes a fraction of it on a machine that is not too busy. */
const limit = 150_000;

/** Runs the suite in a process of its own, as it keeps what it has found in its modules. */
export function runSubject(run: SubjectRun): Promise<RawResults> {
  return new Promise((resolve, reject) => {
    const file = fileURLToPath(new URL("./subject-process.ts", import.meta.url));
    const child = fork(file, [JSON.stringify(run)], {
      cwd: fileURLToPath(new URL("..", import.meta.url)),
      execArgv: ["--conditions=@cachette/source", "--import", "tsx"],
      // The suite's server warns of every request that it did not expect.
      stdio: ["ignore", run.dump === true ? "inherit" : "ignore", "inherit", "ipc"],
    });
    const timer = setTimeout(() => child.kill("SIGKILL"), limit);
    let results: RawResults | undefined;
    child.on("message", (message) => {
      results = message as RawResults;
    });
    child.on("error", reject);
    child.on("exit", (code, signal) => {
      clearTimeout(timer);
      if (results !== undefined && code === 0) resolve(results);
      else reject(new Error(`The run of ${run.subject} ended with ${signal ?? `code ${code}`} and without results.`));
    });
  });
}
