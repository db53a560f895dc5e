import type { Load, LoadGenerator } from "./load.ts";
import { rawClient } from "./raw-client.ts";
import { findWrk, wrkClient } from "./wrk-client.ts";

/**
 * `wrk` where it is installed: it needs the least of its core. It knows whole seconds only, and waits for the body of a
 * 304 that names the length of what it does not send, as it may.
 */
export function loadGenerator(core: number | undefined, short: boolean, status: Load["status"]): LoadGenerator {
  return !short && status === 200 && findWrk() ? wrkClient(core) : rawClient;
}
