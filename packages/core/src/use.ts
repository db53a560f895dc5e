import { checkBoolean, checkCoder, checkTags } from "./checks.ts";
import type { Coder } from "./coders/coder.ts";
import { type Duration, toMilliseconds } from "./duration.ts";
import { invalidOption } from "./errors.ts";
import { deepFreeze } from "./freeze.ts";
import { type Freshness, type FreshnessOptions, freshnessOptionNames, resolveFreshness } from "./freshness-options.ts";
import { tagLabel } from "./labels.ts";
import type { ResolvedOptions } from "./options.ts";
import { copyPacking, type Packing, sharedPacking } from "./packing.ts";
import type { Policy } from "./policy.ts";
import type { Space, Spaces } from "./space.ts";

/** What every use of a cache may set for itself. What is left out is as the cache has it. */
export interface UseOptions extends FreshnessOptions {
  /** The group of entries to belong to. Default: that of the view the call is made on, else none. */
  readonly namespace?: string;
  /** Default: the cache's. */
  readonly coder?: Coder;
  /** `true` hands out one frozen value to all readers instead of a copy to each. Default: the cache's. */
  readonly shared?: boolean;
}

/** Those that matter for reading too. */
export const useOptionNames = ["namespace", "coder", "shared"] as const;

/** Those that matter for a value that is put in by hand. */
export const setOptionNames = [
  ...useOptionNames,
  "ttl",
  "staleWhileRevalidate",
  "staleIfError",
  "jitter",
  "tags",
] as const;

/** Those of everything that loads. */
export const loadOptionNames = [...useOptionNames, ...freshnessOptionNames, "tags", "storeIf"] as const;

/** A use of the cache with all options resolved. */
export type Use = Policy & Freshness & { readonly space: Space };

/** The options of one use, as they may come; what only a result can say is left for later. */
interface GivenOptions extends Omit<UseOptions, "ttl"> {
  readonly ttl?: Duration | ((...args: never) => Duration);
  readonly tags?: readonly string[] | ((...args: never) => readonly string[]);
  readonly signal?: AbortSignal;
}

/** Resolves the options of each use against those of the cache. */
export class Uses {
  readonly #spaces: Spaces;
  readonly #options: ResolvedOptions;
  readonly #packings: { readonly shared: Packing; readonly copied: Packing };

  constructor(options: ResolvedOptions, spaces: Spaces) {
    this.#options = options;
    this.#spaces = spaces;
    this.#packings = { shared: packingOf(options.coder, true), copied: packingOf(options.coder, false) };
  }

  /** With the cache's own coder; `undefined` for what is no answer to whether values are shared. */
  packing(shared: boolean = this.#options.shared): Packing | undefined {
    if (shared === true) return this.#packings.shared;
    return shared === false ? this.#packings.copied : undefined;
  }

  /** @throws CachetteError `OPTION_INVALID` */
  resolve(options: GivenOptions, namespace: string | undefined): Use {
    const { namespace: own = namespace, coder, shared, signal, tags } = options;
    const space = this.#spaces.of(own);
    const ttl = typeof options.ttl === "function" ? undefined : options.ttl;
    const freshness = resolveFreshness(undefined, options, this.#options.freshness);
    return {
      space,
      labels:
        tags === undefined || typeof tags === "function"
          ? space.labels
          : [...space.labels, ...checkTags(tags).map(tagLabel)],
      packing: (coder === undefined ? this.packing(shared) : undefined) ?? this.#packingOf(coder, shared),
      ttl: ttl === undefined ? freshness.ttl : toMilliseconds(ttl, "ttl"),
      jitter: freshness.jitter,
      early: freshness.early,
      staleFor: freshness.staleFor,
      errorFor: freshness.errorFor,
      soft: freshness.soft,
      hard: freshness.hard,
      errorTtl: freshness.errorTtl,
      signal: signal === undefined ? undefined : checkSignal(signal),
    };
  }

  #packingOf(coder: Coder = this.#options.coder, shared: boolean = this.#options.shared): Packing {
    return packingOf(checkCoder(coder), checkBoolean("shared", shared));
  }
}

function packingOf(coder: Coder, shared: boolean): Packing {
  return shared ? sharedPacking(coder, deepFreeze) : copyPacking(coder);
}

function checkSignal(signal: AbortSignal): AbortSignal {
  if (typeof signal?.aborted === "boolean" && typeof signal.addEventListener === "function") return signal;
  throw invalidOption("signal", "an AbortSignal", signal);
}
