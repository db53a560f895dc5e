import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Redis } from "ioredis";
import { type RedisServer, type RedisServerOptions, startRedisServer } from "./redis-server.ts";

/** A master and a replica that three Sentinels watch over. */
export interface SentinelSet {
  /** The name of the master. */
  readonly name: string;
  readonly sentinels: readonly { readonly host: string; readonly port: number }[];
  readonly master: RedisServer;
  readonly replica: RedisServer;
  stop(): Promise<void>;
}

const name = "main";

/**
 * How soon Sentinels notice things, in milliseconds: with the defaults a fail-over can take 20 s. They take a replica for
 * one that may be promoted only while they know it from the last five ping periods, and then ask it once a second.
 */
const pace = {
  "INFO-PERIOD": 200,
  "PUBLISH-PERIOD": 200,
  "PING-PERIOD": 300,
  "ASK-PERIOD": 100,
  "ELECTION-TIMEOUT": 1000,
};

/** `args`: more arguments of the master and the replica. */
export async function startSentinels(args: readonly string[] = []): Promise<SentinelSet> {
  const directory = await mkdtemp(join(tmpdir(), "cachette-sentinels-"));
  const started: RedisServer[] = [];
  const start = async (options: RedisServerOptions): Promise<RedisServer> => {
    const server = await startRedisServer(options);
    started.push(server);
    return server;
  };
  const stop = async () => {
    await Promise.all(started.map((server) => server.stop()));
    await rm(directory, { recursive: true, force: true });
  };
  try {
    const common = ["--repl-diskless-sync-delay", "0", ...args];
    const master = await start({ args: common });
    const replica = await start({ args: [...common, "--replicaof", "127.0.0.1", String(master.port)] });
    const watchers = await Promise.all(
      [1, 2, 3].map(async (number) => {
        const config = join(directory, `${number}.conf`);
        await writeFile(config, configuration(master.port, number));
        return start({ config, args: ["--sentinel"] });
      }),
    );
    await watching(watchers);
    const sentinels = watchers.map(({ port }) => ({ host: "127.0.0.1", port }));
    return { name, sentinels, master, replica, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/**
 * The third notices later than the others, and then has its vote to give: three that notice at once vote for themselves,
 * and nobody is elected.
 */
function configuration(master: number, number: number): string {
  return `sentinel monitor ${name} 127.0.0.1 ${master} 2
sentinel down-after-milliseconds ${name} ${number === 3 ? 2000 : 1000}
sentinel failover-timeout ${name} 2000
`;
}

/** Waits until each Sentinel knows of the replica and of the two others. */
async function watching(watchers: readonly RedisServer[]): Promise<void> {
  for (const { url } of watchers) {
    const client = new Redis(url);
    try {
      await client.call("SENTINEL", "DEBUG", ...Object.entries(pace).flat());
      for (const end = Date.now() + 20_000; ; await sleep(50)) {
        const found = (await client.call("SENTINEL", "MASTER", name)) as string[] | Record<string, unknown>;
        const facts = Array.isArray(found) ? Object.fromEntries(pairs(found)) : found;
        if (Number(facts["num-slaves"]) === 1 && Number(facts["num-other-sentinels"]) === 2) break;
        if (Date.now() > end) throw new Error(`the Sentinels do not come up: ${JSON.stringify(facts)}`);
      }
    } finally {
      client.disconnect();
    }
  }
}

function* pairs(list: readonly string[]): Generator<[string, string]> {
  for (let index = 0; index + 1 < list.length; index += 2) yield [list[index] as string, list[index + 1] as string];
}
