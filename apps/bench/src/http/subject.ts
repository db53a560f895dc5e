import type { Recorded } from "./recorded.ts";

/** The servers to be measured, by framework. Floors come first, then the handler alone, then caches in front of it. */
export const kinds = {
  express: ["floor", "handler", "cachette", "apicache", "route-cache", "http-cache-middleware"],
  fastify: ["floor", "floor past the hooks", "handler", "cachette"],
  hono: ["floor", "handler", "cachette"],
} as const;

export type Framework = keyof typeof kinds;

export const frameworks = ["express", "fastify", "hono"] as const satisfies readonly Framework[];

/** What a server in a process of its own is told at its start. */
export interface ServerOrder {
  readonly framework: Framework;
  readonly kind: string;
  /** What the floor is to answer; nothing for all others. */
  readonly recorded: readonly Recorded[];
  /** The URL of the Redis that has the entries, in place of the server's own memory. On Fastify only. */
  readonly redis?: string;
}

/** What it says when it listens. */
export interface ServerStarted {
  readonly port: number;
}

/** What it says when it is asked. */
export interface ServerState {
  /** Seconds of processor time that it has had so far. */
  readonly cpu: number;
  /** How often its handler has run. */
  readonly handled: number;
}
