import { Redis } from "ioredis";

/** What a server has had to do. */
export interface Traffic {
  readonly commands: number;
  /** How often it has read from a connection: once for all that came in one piece. */
  readonly reads: number;
}

export interface TrafficMeter {
  /** Since the last time, without this question itself. */
  sinceLast(): Promise<Traffic>;
  close(): void;
}

export function trafficMeter(url: string): TrafficMeter {
  const client = new Redis(url);
  let last: Traffic = { commands: 0, reads: 0 };
  return {
    async sinceLast() {
      const total = trafficIn(await client.info("stats"));
      const since = { commands: total.commands - last.commands - 1, reads: total.reads - last.reads - 1 };
      last = total;
      return since;
    },
    close: () => client.disconnect(),
  };
}

/** Out of what `INFO stats` says. */
export function trafficIn(info: string): Traffic {
  const numberOf = (name: string) => Number(new RegExp(`^${name}:(\\d+)`, "m").exec(info)?.[1] ?? Number.NaN);
  return { commands: numberOf("total_commands_processed"), reads: numberOf("total_reads_processed") };
}
