import { type Cache, type CacheOptions, createCache } from "@cachette/core";
import { type FaultyBackend, faultyBackend } from "../faulty-backend.ts";
import { type ManualClock, manualClock } from "../manual-clock.ts";
import { type Ask, Client, type Exchange, type Received } from "./client.ts";
import type { AdapterApp, AdapterHarness, AdapterRoute, AdapterServer } from "./harness.ts";

export interface SiteOptions extends Omit<AdapterApp, "cache" | "routes"> {
  readonly routes?: readonly AdapterRoute[];
  /** Shorthand for one route at `/` with `ttl: "1m"`. */
  readonly handler?: AdapterRoute["handler"];
  /** `manual`: time stands still until it is moved. That of the machine by default. */
  readonly time?: "manual";
  readonly cache?: Omit<CacheOptions, "backend" | "clock">;
}

/** The application of a case, running, with a client in front and a backend behind that can be made to fail. */
export class Site {
  readonly cache: Cache;
  readonly faults: FaultyBackend["faults"];
  readonly clock: ManualClock;
  readonly #server: AdapterServer;
  readonly #client: Client;

  private constructor(cache: Cache, faults: FaultyBackend["faults"], clock: ManualClock, server: AdapterServer) {
    this.cache = cache;
    this.faults = faults;
    this.clock = clock;
    this.#server = server;
    this.#client = new Client(server.port);
  }

  static async start(harness: AdapterHarness, options: SiteOptions): Promise<Site> {
    const { handler, routes = [], time, cache: cacheOptions, ...rest } = options;
    const backend = faultyBackend(harness.backend);
    const clock = manualClock();
    const cache = createCache({ ...cacheOptions, backend, ...(time === "manual" ? { clock } : undefined) });
    const root: AdapterRoute[] = handler === undefined ? [] : [{ path: "/", options: { ttl: "1m" }, handler }];
    const server = await harness.listen({ ...rest, cache, routes: [...root, ...routes] });
    return new Site(cache, backend.faults, clock, server);
  }

  ask(path = "/", ask?: Ask): Promise<Received> {
    const answer = this.#client.ask(path, ask);
    // A case that fails before it gets to this answer has said enough.
    answer.catch(() => {});
    return answer;
  }

  open(path = "/", ask?: Ask): Exchange {
    return this.#client.open(path, ask);
  }

  async stop(): Promise<void> {
    this.#client.close();
    await this.#server.close();
    await this.cache.close();
  }
}
