import { type ChildProcess, fork } from "node:child_process";

/** A process of its own that prepares something, and does it when it is told to. */
export interface Worker<Result> {
  readonly pid: number;
  readonly process: ChildProcess;
  /** Lets it begin; gives what came of it. Rejects when the process ends before it is done. */
  go(): Promise<Result>;
  /** Ends it at once, whatever it is doing. */
  kill(): void;
}

type Message<Result> = { readonly ready: true } | { readonly result: Result };

const running = new Set<ChildProcess>();
process.once("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});

/** Starts a process with the module at `url`, which calls `work`; resolves once it is prepared. */
export async function startWorker<Config, Result>(url: URL, config: Config): Promise<Worker<Result>> {
  const child = fork(url, [JSON.stringify(config)], {
    execArgv: ["--conditions=@cachette/source"],
    serialization: "advanced",
  });
  running.add(child);
  child.once("exit", () => running.delete(child));
  await answer(child);
  return {
    pid: child.pid as number,
    process: child,
    async go() {
      const done = answer<Result>(child);
      child.send("go");
      const message = await done;
      if (!("result" in message)) throw new Error("a worker is out of step");
      return message.result;
    },
    kill: () => child.kill("SIGKILL"),
  };
}

function answer<Result>(child: ChildProcess): Promise<Message<Result>> {
  return new Promise((resolve, reject) => {
    const onMessage = (message: unknown) => {
      child.off("exit", onExit);
      resolve(message as Message<Result>);
    };
    const onExit = (code: number | null, signal: string | null) => {
      child.off("message", onMessage);
      reject(new Error(`a worker ended with ${signal ?? code}`));
    };
    child.once("message", onMessage);
    child.once("exit", onExit);
  });
}

/** What the module of a worker calls: prepares, waits for the word, does it, reports, ends with its parent. */
export async function work<Config, Result>(prepare: (config: Config) => Promise<() => Promise<Result>>): Promise<void> {
  process.once("disconnect", () => process.exit());
  const begin = await prepare(JSON.parse(process.argv[2] ?? "null"));
  process.once("message", async () => {
    const result = await begin();
    process.send?.({ result }, () => process.exit());
  });
  process.send?.({ ready: true });
}
