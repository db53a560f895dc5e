import type { Redis } from "ioredis";

/** A figure from `INFO`, such as `used_memory` in the section `memory`. */
export async function figure(client: Redis, section: string, name: string): Promise<number> {
  const text = await client.info(section);
  return Number(new RegExp(`^${name}:(\\d+)`, "m").exec(text)?.[1]);
}

/** How often each command was called, by its name in lower case. */
export async function commandCalls(client: Redis): Promise<Map<string, number>> {
  const text = await client.info("commandstats");
  return new Map(
    [...text.matchAll(/^cmdstat_([^:]+):calls=(\d+)/gm)].map(([, name, calls]) => [name ?? "", Number(calls)]),
  );
}
