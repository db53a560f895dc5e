import type { LoadGenerator } from "./load.ts";
import { rawClient } from "./raw-client.ts";
import { findWrk, wrkClient } from "./wrk-client.ts";

/**
 * `wrk` where it is installed: it needs the least of its core. It knows whole seconds only, and would wait for the body
 * of a 304 that names a length (`namesLength`).
 */
export function loadGenerator(core: number | undefined, short: boolean, namesLength: boolean): LoadGenerator {
  return !short && !namesLength && findWrk() ? wrkClient(core) : rawClient;
}
