import type { Cache } from "@cachette/core";
import type { RouteOptions } from "@cachette/core/http";
import type { RunningServer } from "../running-server.ts";

/**
 * Starts an application that hands what it is asked below `/test` on to `origin`, with a cache before it.
 */
export type StartSubject = (cache: Cache, options: RouteOptions, origin: string) => Promise<RunningServer>;
