import type { LoadGenerator } from "./load.ts";
import { rawClient } from "./raw-client.ts";
import { findWrk, wrkClient } from "./wrk-client.ts";

/**
 * `wrk` where it is installed: it needs the least of its core. It knows whole seconds only, would wait for the body of a
 * 304 that names a length, and asks for what it was told at its start; `able`: that will do.
 */
export function loadGenerator(core: number | undefined, able: boolean): LoadGenerator {
  return able && findWrk() ? wrkClient(core) : rawClient;
}
