import type { Coder } from "./coders/coder.ts";
import { type Duration, toMilliseconds } from "./duration.ts";
import { deepFreeze } from "./freeze.ts";
import { tagLabel } from "./labels.ts";
import { checkBoolean, checkCoder, checkTags, type ResolvedOptions } from "./options.ts";
import { copyPacking, type Packing, sharedPacking } from "./packing.ts";
import type { Policy } from "./pipeline.ts";
import type { Space, Spaces } from "./space.ts";

/** What every use of a cache may set for itself. */
export interface UseOptions {
  /** Default: the cache's. */
  readonly ttl?: Duration;
  /** The group of entries to belong to. Default: that of the view the call is made on, else none. */
  readonly namespace?: string;
  /** Default: the cache's. */
  readonly coder?: Coder;
  /** `true` hands out one frozen value to all readers instead of a copy to each. Default: the cache's. */
  readonly shared?: boolean;
}

/** Those that matter for reading too. */
export const useOptionNames = ["namespace", "coder", "shared"] as const;

/** A use of the cache with all options resolved. */
export interface Use extends Policy {
  readonly space: Space;
}

/** Resolves the options of each use against those of the cache. */
export class Uses {
  readonly #spaces: Spaces;
  readonly #options: ResolvedOptions;
  readonly #packing: Packing;

  constructor(options: ResolvedOptions, spaces: Spaces) {
    this.#options = options;
    this.#spaces = spaces;
    this.#packing = packingOf(options.coder, options.shared);
  }

  /** @throws CachetteError `OPTION_INVALID` */
  resolve(options: UseOptions, namespace: string | undefined, tags: readonly string[] | undefined): Use {
    const { namespace: own = namespace, coder = this.#options.coder, shared = this.#options.shared } = options;
    const space = this.#spaces.of(own);
    const plain = options.coder === undefined && options.shared === undefined;
    return {
      space,
      labels: tags === undefined ? space.labels : [...space.labels, ...checkTags(tags).map(tagLabel)],
      ttl: options.ttl === undefined ? this.#options.ttl : toMilliseconds(options.ttl, "ttl"),
      packing: plain ? this.#packing : packingOf(checkCoder(coder), checkBoolean("shared", shared)),
    };
  }
}

function packingOf(coder: Coder, shared: boolean): Packing {
  return shared ? sharedPacking(coder, deepFreeze) : copyPacking(coder);
}
