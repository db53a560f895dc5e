import { checkBoolean, checkFunction, checkTags } from "./checks.ts";
import { type Duration, toMilliseconds } from "./duration.ts";
import type { Settlement } from "./fill.ts";

/** What may depend on the result of a load, and on what it was made from. None of it may take its time. */
export interface ResultOptions<ResultAndArguments extends readonly unknown[]> {
  /** How long it is fresh: a fixed time, or what the result says. 0 keeps nothing. */
  readonly ttl?: Duration | ((...of: ResultAndArguments) => Duration);
  /** Labels to invalidate by: a fixed list, or what the result says. */
  readonly tags?: readonly string[] | ((...of: ResultAndArguments) => readonly string[]);
  /** Whether the result is stored. If not, it is served all the same, and what was stored before is gone. */
  readonly storeIf?: (...of: ResultAndArguments) => boolean;
}

/** Keeps nothing, for no purpose. */
export const nothing: Settlement = { ttl: 0, staleFor: 0, errorFor: 0 };

/** What a result says about its own entry; `undefined` if it is not asked. Throws what the options throw. */
export type Settler<ResultAndArguments extends readonly unknown[]> = (...of: ResultAndArguments) => Settlement;

/** @throws CachetteError `OPTION_INVALID` */
export function settlerOf<ResultAndArguments extends readonly unknown[]>({
  ttl,
  tags,
  storeIf,
}: ResultOptions<ResultAndArguments>): Settler<ResultAndArguments> | undefined {
  checkFunction("storeIf", storeIf);
  if (typeof ttl !== "function" && typeof tags !== "function" && storeIf === undefined) return undefined;
  return (...of) => {
    if (storeIf !== undefined && !checkBoolean("storeIf", storeIf(...of))) return nothing;
    return {
      ...(typeof ttl === "function" && { ttl: toMilliseconds(ttl(...of), "ttl") }),
      ...(typeof tags === "function" && { tags: checkTags(tags(...of)) }),
    };
  };
}
