import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { Agent, type IncomingHttpHeaders, type OutgoingHttpHeaders, request } from "node:http";
import { fileURLToPath } from "node:url";

export const frameworks = ["express", "fastify", "hono"] as const;
export type Framework = (typeof frameworks)[number];

/** What a demo answered. */
export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  /** Milliseconds from the request to the end of the body. */
  readonly duration: number;
}

export interface Question {
  readonly method?: string;
  readonly headers?: OutgoingHttpHeaders;
  /** Default: a connection of its own for each request. */
  readonly agent?: Agent;
}

/** A demo, run by its `start` script in a process of its own. */
export interface Demo {
  readonly url: string;
  readonly process: ChildProcess;
  /** What it has printed so far, errors included. */
  output(): string;
  /** Resolves when it prints `text`. */
  printed(text: string): Promise<void>;
  ask(path: string, question?: Question): Promise<Answer>;
  /** The exit code, once it has ended; `null` if it was killed. */
  readonly exited: Promise<number | null>;
  /** Asks it to end, by `SIGTERM` unless told otherwise, and gives the exit code. */
  end(signal?: NodeJS.Signals): Promise<number | null>;
}

const running = new Set<ChildProcess>();
process.once("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});

/** Starts a demo on a free port of 127.0.0.1; resolves once it says where it listens. */
export async function startDemo(framework: Framework, settings: Readonly<Record<string, string>> = {}): Promise<Demo> {
  const demo = await launchDemo(framework, settings);
  try {
    await demo.printed("listening on");
    return { ...demo, url: demo.output().match(/http:\/\/[\d.]+:\d+/)?.[0] ?? "" };
  } catch (error) {
    demo.process.kill("SIGKILL");
    throw error;
  }
}

/** Launches a demo that may well refuse to start. */
export async function launchDemo(framework: Framework, settings: Readonly<Record<string, string>> = {}): Promise<Demo> {
  const cwd = fileURLToPath(new URL(`../../demo-${framework}`, import.meta.url));
  const { scripts } = JSON.parse(await readFile(`${cwd}/package.json`, "utf8"));
  const [, ...command] = scripts.start.split(" ");
  const { PATH = "", HOME = "" } = process.env;
  // With nothing of this process's own settings, such as REDIS_URL.
  const child = spawn(process.execPath, command, {
    cwd,
    env: { PATH, HOME, PORT: "0", ...settings },
    stdio: ["ignore", "pipe", "pipe"],
  });
  running.add(child);
  const closed = new AbortController();
  const exited = once(child, "close").then(([code]) => {
    closed.abort();
    running.delete(child);
    return code as number | null;
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      output += text;
      child.emit("printed");
    });
  }

  const demo: Demo = {
    url: "",
    process: child,
    exited,
    output: () => output,
    async printed(text) {
      const signal = AbortSignal.any([closed.signal, AbortSignal.timeout(20_000)]);
      while (!output.includes(text)) {
        await once(child, "printed", { signal }).catch(() => {
          throw new Error(`"${text}" was not printed, but:\n${output}`);
        });
      }
    },
    ask(path, question) {
      return ask(`${this.url}${path}`, question);
    },
    async end(signal = "SIGTERM") {
      child.kill(signal);
      return exited;
    },
  };
  return demo;
}

/** One request with exactly the header fields that are given, unlike those of `fetch`. */
async function ask(url: string, question: Question = {}): Promise<Answer> {
  const start = performance.now();
  const { method = "GET", headers = {}, agent = new Agent() } = question;
  const sent = request(url, { method, headers, agent, signal: AbortSignal.timeout(15_000) }).end();
  const [response] = await once(sent, "response");
  let body = "";
  for await (const piece of response.setEncoding("utf8")) body += piece;
  return { status: response.statusCode, headers: response.headers, body, duration: performance.now() - start };
}
