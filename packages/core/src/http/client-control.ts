import { type Duration, toMilliseconds } from "../duration.ts";
import type { FieldMap } from "./fields.ts";
import { privateControl } from "./identity.ts";
import { targetedField } from "./targeted.ts";

/** The largest number of seconds that all caches understand (RFC 9111 1.2.2). */
const mostSeconds = 2 ** 31;

/** What clients are told of keeping an answer: the `Cache-Control` of a route's answers. */
export class ClientControl {
  /** Milliseconds; 0 for not without asking. */
  readonly #most: number;
  readonly #owned: boolean;
  readonly #ask: string;

  /**
   * @param owned each answer is for one person
   * @throws CachetteError `OPTION_INVALID`
   */
  constructor(clientTtl: "remaining" | Duration | undefined, owned: boolean) {
    this.#most = clientTtl === "remaining" ? Number.POSITIVE_INFINITY : toMilliseconds(clientTtl ?? 0, "clientTtl");
    this.#owned = owned;
    // Clients keep it, but ask each time: so a purge is seen at once.
    this.#ask = owned ? "private, no-cache" : "no-cache";
  }

  /** Whether what is told where nobody else has said it depends on the moment. */
  get changes(): boolean {
    return this.#most > 0;
  }

  /**
   * Where nobody else has said it. Clients take the `Age` off a `max-age`, so what may be kept begins at it.
   *
   * @param age milliseconds, as the client learns of it
   * @param left for how many milliseconds it is still fresh here
   */
  own(age: number, left: number): string {
    const keep = Math.floor(Math.min(this.#most, left) / 1000);
    if (keep < 1) return this.#ask;
    const seconds = Math.min(mostSeconds, Math.floor(age / 1000) + keep);
    return this.#owned ? `private, max-age=${seconds}` : `max-age=${seconds}`;
  }

  /** What takes the place of what was said, if anything does. */
  instead(given: FieldMap): string | undefined {
    if (!this.#owned) return undefined;
    const control = given.get("cache-control");
    return control === undefined ? "private" : changed(control);
  }

  /** What takes the place of what was said to shared caches alone, for which it goes before `Cache-Control` (RFC 9213). */
  targeted(given: FieldMap): string | undefined {
    const control = given.get(targetedField);
    return this.#owned && control !== undefined ? changed(control) : undefined;
  }
}

function changed(control: string): string | undefined {
  const own = privateControl(control);
  return own === control ? undefined : own;
}

/** Whether somebody has said how long clients may keep an answer. */
export function saysHowLong(given: FieldMap): boolean {
  return given.has("cache-control") || given.has("expires");
}
