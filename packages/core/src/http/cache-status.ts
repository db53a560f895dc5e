import { isFieldName } from "./fields.ts";
import type { HeaderFields } from "./response.ts";

/** The short words of the status header. */
export type ShortStatus = "HIT" | "MISS" | "BYPASS";

/** Why a request went on to the handler, in the words of RFC 9211 2.2. */
export type Forward = "bypass" | "method" | "uri-miss" | "request";

/** Makes the fields that tell what the cache did: `Cache-Status` (RFC 9211) and the short one. */
export class CacheStatus {
  readonly #short: string | undefined;
  readonly shortName: string | undefined;

  /** `name` of the short field; `false` for none. */
  constructor(name: string | false) {
    this.#short = name === false ? undefined : name;
    this.shortName = this.#short?.toLowerCase();
  }

  hit(ttl: number): HeaderFields {
    return this.#fields(`cachette; hit${timeToLive(ttl)}`, "HIT");
  }

  bypass(reason: string, detail: string | undefined): HeaderFields {
    const forward: Forward = reason === "method" ? "method" : "bypass";
    return this.#fields(`cachette; fwd=${forward}${detailOf(reason, detail)}`, "BYPASS");
  }

  /** HEAD with nothing stored for GET. */
  headMiss(): HeaderFields {
    return this.#fields("cachette; fwd=uri-miss; detail=head", "MISS");
  }

  /** `earlier`: the field as the handler gave it, from a cache further in; it stays in front. */
  stored(forward: Forward, ttl: number, earlier: string | undefined): HeaderFields {
    return this.#fields(prepend(earlier, `cachette; fwd=${forward}; stored${timeToLive(ttl)}`), "MISS");
  }

  notStored(
    forward: Forward,
    reason: string | undefined,
    detail: string | undefined,
    earlier: string | undefined,
  ): HeaderFields {
    const why = reason === undefined ? "" : detailOf(reason, detail);
    return this.#fields(prepend(earlier, `cachette; fwd=${forward}${why}`), "MISS");
  }

  #fields(long: string, short: ShortStatus): HeaderFields {
    return this.#short === undefined
      ? [["Cache-Status", long]]
      : [
          ["Cache-Status", long],
          [this.#short, short],
        ];
  }
}

function prepend(earlier: string | undefined, own: string): string {
  return earlier === undefined ? own : `${earlier}, ${own}`;
}

/** Whole seconds; a time without end is not told. */
function timeToLive(milliseconds: number): string {
  return Number.isFinite(milliseconds) ? `; ttl=${Math.floor(milliseconds / 1000)}` : "";
}

/** A token where that is enough, else a string with what a string cannot hold left out (RFC 8941 3.3). */
function detailOf(reason: string, detail: string | undefined): string {
  if (detail === undefined && isFieldName(reason)) return `; detail=${reason}`;
  const text = detail === undefined ? reason : `${reason}: ${detail}`;
  return `; detail="${text.replace(/[^\x20-\x7e]/g, "").replace(/["\\]/g, "\\$&")}"`;
}
