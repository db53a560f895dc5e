import type { Flight } from "./flight.ts";

/** The loads under way in this process, by key. */
export class Flights {
  /** Those that newcomers may wait for. */
  readonly #leading = new Map<string, Flight>();
  /**
   * Those that nobody joins any more, or never could, and those of keys that an index under this one led to; a delete
   * must reach them all the same.
   */
  readonly #others = new Map<string, Set<Flight>>();

  /** The load that newcomers may wait for. */
  of(key: string): Flight | undefined {
    return this.#leading.get(key);
  }

  lead(flight: Flight): void {
    this.#leading.set(flight.key, flight);
    if (flight.under !== undefined) this.#add(flight.under, flight);
  }

  /** From now on nobody joins this load. It is still under way. */
  detach(flight: Flight): void {
    this.#unlead(flight);
    this.#add(flight.key, flight);
    if (flight.under !== undefined) this.#add(flight.under, flight);
  }

  /** The load has come to its end. */
  land(flight: Flight): void {
    this.#unlead(flight);
    this.#remove(flight.key, flight);
    if (flight.under !== undefined) this.#remove(flight.under, flight);
  }

  /** Keeps all loads of a key from being joined and from being stored. */
  fence(key: string): void {
    const leading = this.of(key);
    if (leading !== undefined) {
      leading.fenced = true;
      this.#leading.delete(key);
    }
    const others = this.#others.get(key);
    if (others === undefined) return;
    for (const flight of others) {
      flight.fenced = true;
      this.#unlead(flight);
    }
    this.#others.delete(key);
  }

  #unlead(flight: Flight): void {
    if (this.of(flight.key) === flight) this.#leading.delete(flight.key);
  }

  #add(key: string, flight: Flight): void {
    const others = this.#others.get(key);
    if (others === undefined) this.#others.set(key, new Set([flight]));
    else others.add(flight);
  }

  #remove(key: string, flight: Flight): void {
    const others = this.#others.get(key);
    if (others?.delete(flight) && others.size === 0) this.#others.delete(key);
  }
}
