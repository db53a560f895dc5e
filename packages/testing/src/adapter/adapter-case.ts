import type { AdapterHarness } from "./harness.ts";
import { Site, type SiteOptions } from "./site.ts";

/** One promise that every adapter keeps, and how to see that it does. */
export interface AdapterCase {
  /**
   * `replay`, `status`, `conditions`, `methods`, `company`, `stale`, `streams`, `refusals`, `inputs`, `middleware`,
   * `routes`, `outage`, `purge`.
   */
  readonly suite: string;
  /** What the adapter does when it is right. */
  readonly name: string;
  /** Rejects when the promise is not kept. */
  run(harness: AdapterHarness): Promise<void>;
}

/** Starts the application of a case. It is stopped when the case has ended. */
export type Start = (options: SiteOptions) => Promise<Site>;

/** The cases of a suite from their names and bodies. */
export function casesOf(
  suite: string,
  bodies: Readonly<Record<string, (start: Start) => Promise<void>>>,
): AdapterCase[] {
  return Object.entries(bodies).map(([name, body]) => ({
    suite,
    name,
    async run(harness) {
      const sites: Site[] = [];
      try {
        await body(async (options) => {
          const site = await Site.start(harness, options);
          sites.push(site);
          return site;
        });
      } finally {
        for (const site of sites) await site.stop();
      }
    },
  }));
}
