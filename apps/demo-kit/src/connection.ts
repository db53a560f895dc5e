import type { EventEmitter } from "node:events";

/**
 * Says once when Redis goes out of reach and once when it is back. A client without a listener for its errors would
 * report every attempt to connect.
 */
export function reportConnection(client: EventEmitter): void {
  let lost = false;
  client.on("error", (error: NodeJS.ErrnoException) => {
    if (lost) return;
    lost = true;
    console.error(`Redis is out of reach (${error.message || error.code}). Requests are answered without it.`);
  });
  client.on("ready", () => {
    if (lost) console.log("Redis is back.");
    lost = false;
  });
}
