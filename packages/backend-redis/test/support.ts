import { randomUUID } from "node:crypto";
import type { Cluster, Redis } from "ioredis";

/** A prefix that no other test uses, also for scopes. */
export function uniquePrefix(): string {
  return `test:${randomUUID()}:`;
}

/** Removes all entries, clocks and labels under a prefix made by `uniquePrefix`. */
export async function removeAll(client: Redis | Cluster, prefix: string): Promise<void> {
  const nodes = "nodes" in client ? client.nodes("master") : [client];
  const escaped = prefix.replaceAll(":", "%3A");
  for (const node of nodes) {
    for (const match of [`${prefix}*`, `{${escaped}*`]) {
      for await (const keys of node.scanStream({ match, count: 1_000 })) {
        for (const key of keys as string[]) await client.unlink(key);
      }
    }
  }
}
