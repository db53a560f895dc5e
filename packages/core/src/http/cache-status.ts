import type { HeaderFields } from "./response.ts";

/** The short words of the status header. */
export type ShortStatus = "HIT" | "MISS" | "STALE" | "BYPASS";

/** Why a request went on to the handler, in the words of RFC 9211 2.2. */
export type Forward = "bypass" | "method" | "uri-miss" | "vary-miss" | "stale" | "request";

/** Why an answer was not stored. */
export interface Refusal {
  readonly reason: string;
  readonly detail?: string;
}

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

  /** `ttl` is below 0: for how long it has been stale. */
  stale(ttl: number, why: string): HeaderFields {
    return this.#fields(`cachette; hit${timeToLive(ttl)}; detail=${why}`, "STALE");
  }

  /** The handler said that what is stored still holds. */
  validated(forward: Forward, ttl: number, stored: boolean): HeaderFields {
    const kept = stored ? `; stored${timeToLive(ttl)}` : "";
    return this.#fields(`cachette; fwd=${forward}; fwd-status=304${kept}`, "MISS");
  }

  /** Neither answered from what is stored, nor forwarded. */
  unsatisfied(why: string): HeaderFields {
    return this.#fields(`cachette; detail=${why}`, "MISS");
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

  /** Without a refusal: it is not known yet whether the answer will be stored. */
  notStored(forward: Forward, refusal: Refusal | undefined, earlier: string | undefined): HeaderFields {
    const why = refusal === undefined ? "" : detailOf(refusal.reason, refusal.detail);
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
  return earlier === undefined || earlier.trim() === "" ? own : `${earlier}, ${own}`;
}

/** The largest integer of a structured field (RFC 9651 3.3.1). */
const mostSeconds = 999_999_999_999_999;

/** Whole seconds; a time without end is not told. */
function timeToLive(milliseconds: number): string {
  return Number.isFinite(milliseconds) ? `; ttl=${Math.min(Math.floor(milliseconds / 1000), mostSeconds)}` : "";
}

/** A token of a structured field (RFC 9651 3.3.4). */
const token = /^[A-Za-z*][!#$%&'*+\-.^_`|~\w:/]*$/;

/** A detail may come from the handler's fields; it must not make this field too long to be read. */
const longestDetail = 160;

/** A token where that is enough, else a string with what a string cannot hold left out (RFC 9651 3.3.3). */
function detailOf(reason: string, detail: string | undefined): string {
  if (detail === undefined && token.test(reason)) return `; detail=${reason}`;
  const text = detail === undefined ? reason : `${reason}: ${detail}`;
  const printable = text.replace(/[^\x20-\x7e]/g, "").slice(0, longestDetail);
  return `; detail="${printable.replace(/["\\]/g, "\\$&")}"`;
}
