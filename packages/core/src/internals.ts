import type { ByHand } from "./by-hand.ts";
import type { ResolvedOptions } from "./options.ts";
import type { Pipeline } from "./pipeline.ts";
import type { Spaces } from "./space.ts";
import type { Telemetry } from "./telemetry.ts";

/** Registered, so that it is the same whichever build of the package a cache was made by. */
export const internals: unique symbol = Symbol.for("cachette.internals");

/** What `@cachette/core/http` builds on. Not part of the public interface. */
export interface CacheInternals {
  readonly options: ResolvedOptions;
  readonly telemetry: Telemetry;
  readonly spaces: Spaces;
  readonly pipeline: Pipeline;
  readonly byHand: ByHand;
  readonly enabled: () => boolean;
}
