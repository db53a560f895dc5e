import type { Flight } from "./flight.ts";

/** The loads under way in this process, by key. */
export class Flights {
  /** Those that newcomers may wait for. */
  readonly #leading = new Map<string, Flight>();
  /** Those that nobody joins any more, or never could; a delete must reach them all the same. */
  readonly #alone = new Map<string, Set<Flight>>();

  /** The load that newcomers may wait for. */
  of(key: string): Flight | undefined {
    return this.#leading.get(key);
  }

  lead(key: string, flight: Flight): void {
    this.#leading.set(key, flight);
  }

  /** From now on nobody joins this load. It is still under way. */
  detach(key: string, flight: Flight): void {
    if (this.of(key) === flight) this.#leading.delete(key);
    const others = this.#alone.get(key);
    if (others === undefined) this.#alone.set(key, new Set([flight]));
    else others.add(flight);
  }

  /** The load has come to its end. */
  land(key: string, flight: Flight): void {
    if (this.of(key) === flight) this.#leading.delete(key);
    const others = this.#alone.get(key);
    if (others?.delete(flight) && others.size === 0) this.#alone.delete(key);
  }

  /** Keeps all loads of a key from being joined and from being stored. */
  fence(key: string): void {
    const leading = this.of(key);
    if (leading !== undefined) {
      leading.fenced = true;
      this.#leading.delete(key);
    }
    const others = this.#alone.get(key);
    if (others === undefined) return;
    for (const flight of others) flight.fenced = true;
    this.#alone.delete(key);
  }
}
