import { memoryBackend } from "../../backend-memory/src/index.ts";
import type { Acquired, ByteBackend, Clock, FillOptions, Leases, Versions } from "../src/index.ts";

/** What several processes share: entries as bytes, one clock of labels, and the leases of keys. */
export class LeaseWorld {
  readonly bytes = new Map<string, Uint8Array>();
  readonly leases = new Map<string, { owner: string; until: number }>();
  readonly #labels = memoryBackend({ maxEntries: 1 });
  readonly #clock: Clock;
  /** Keys whose leases were asked for. */
  readonly asked: string[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  ownerOf(key: string): string | undefined {
    const lease = this.leases.get(key);
    return lease !== undefined && lease.until > this.#clock.now() ? lease.owner : undefined;
  }

  /** The backend of one process. `alive`: whether its word still arrives. */
  process(alive: () => boolean = () => true): ByteBackend {
    const versions = (scope: string): Versions => {
      const shared = this.#labels.versions(scope);
      return {
        current: undefined,
        read: async (labels) => shared.read(labels),
        advance: async (labels, kind) => shared.advance(labels, kind),
      };
    };
    return {
      name: "shared",
      holds: "bytes",
      get: async (key) => this.bytes.get(key),
      set: async (key, value) => void this.bytes.set(key, value),
      delete: async (key) => this.bytes.delete(key),
      versions,
      leases: () => this.#leasesFor(alive),
      close() {},
    };
  }

  #leasesFor(alive: () => boolean): Leases {
    const { leases, bytes } = this;
    const dead = new Promise<never>(() => {});
    return {
      acquire: async (key, owner, { ttl, force }): Promise<Acquired> => {
        if (!alive()) return dead;
        this.asked.push(key);
        if (!force && this.ownerOf(key) !== undefined) return { held: false };
        leases.set(key, { owner, until: this.#clock.now() + ttl });
        return { held: true, value: bytes.get(key) };
      },
      extend: async (key, owner, ttl) => {
        if (!alive()) return dead;
        if (this.ownerOf(key) !== owner) return false;
        leases.set(key, { owner, until: this.#clock.now() + ttl });
        return true;
      },
      release: async (key, owner) => {
        if (alive() && this.ownerOf(key) === owner) leases.delete(key);
      },
      fill: async (key, value, { owner, keep }: FillOptions) => {
        if (!alive()) return dead;
        if (this.ownerOf(key) !== owner) return false;
        bytes.set(key, value);
        if (!keep) leases.delete(key);
        return true;
      },
      put: async (key, value) => {
        bytes.set(key, value);
        leases.delete(key);
      },
      remove: async (key) => {
        leases.delete(key);
        return bytes.delete(key);
      },
    };
  }
}
