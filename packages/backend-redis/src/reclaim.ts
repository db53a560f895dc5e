import { type CommandArgument, type Commands, call } from "./client.ts";
import { Script } from "./script.ts";

/** How many keys are looked at in one step. */
const step = 200;

/** What is read of each value: enough for all that comes before what was cached. */
const startLength = 1_024;

/** What has taken the place of a dead entry since it was looked at is to stay. */
const unlinkIfSame = new Script(`
if redis.call('GETRANGE', KEYS[1], 0, ARGV[2]) == ARGV[1] then
  return redis.call('UNLINK', KEYS[1])
end
return 0
`);

/** Between two steps, as long as the last one took and at least this, in milliseconds, so that others come in between. */
const shortestRest = 1;

/**
 * Removes entries of one server whose keys begin with `head`, the client's own prefix included, and that are dead by the
 * start of their value, in small steps that block nobody.
 */
export async function reclaimOn(
  server: Commands,
  head: string,
  isDead: (start: Uint8Array) => boolean,
  stopped: () => boolean,
): Promise<void> {
  const match = `${escapeGlob(head)}*`;
  // Keys come from the server with all that stands before them.
  const connection = { call: (name: string, ...args: readonly CommandArgument[]) => call(server, "", name, ...args) };
  let cursor: CommandArgument = "0";
  do {
    const begun = performance.now();
    const page = await connection.call("scan", cursor, "MATCH", match, "COUNT", step);
    const [next, keys] = page as [Buffer, Buffer[]];
    cursor = String(next);
    const starts = await Promise.all(keys.map((key) => connection.call("getrange", key, 0, startLength - 1)));
    // One by one: on a cluster they are in different slots.
    await Promise.all(
      keys.map((key, index) => {
        const start = starts[index] as Buffer;
        return isDead(start) ? unlinkIfSame.run(connection, [key], [start, startLength - 1]) : undefined;
      }),
    );
    const rest = Math.max(shortestRest, performance.now() - begun);
    await new Promise<void>((resolve) => {
      setTimeout(resolve, rest).unref();
    });
  } while (cursor !== "0" && !stopped());
}

/** What has a meaning in patterns of Redis stands for itself. */
function escapeGlob(text: string): string {
  return text.replace(/[*?[\]\\^-]/g, "\\$&");
}
