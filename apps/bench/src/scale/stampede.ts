import { setTimeout as sleep } from "node:timers/promises";
import { cachette } from "../function/cachette.ts";
import { peers } from "../function/peers.ts";
import { makeUser } from "../function/user.ts";
import { median, spreadOf } from "../median.ts";
import type { Row, Table } from "../report.ts";
import type { Settings } from "../settings.ts";

/** Milliseconds that the load takes. */
const loadTime = 20;

/** Many callers at once for one key that nobody has loaded yet. */
export async function stampede(title: string, callers: number, { rounds }: Settings): Promise<Table> {
  // Each by default only: what else is measured of them elsewhere has a comma in its name.
  const others = Object.entries(peers).filter(([name]) => !name.includes(","));
  const own = { "Cachette getOrSet": cachette.getOrSet, "Cachette wrap": cachette.wrap };
  const subjects = [...Object.entries(own), ...others];
  const rows: Row[] = [];
  for (const [name, open] of subjects) {
    if (open === undefined) continue;
    const loads: number[] = [];
    const times: number[] = [];
    for (let round = 0; round < rounds; round++) {
      let loaded = 0;
      const get = open(["cold"], async (id) => {
        loaded++;
        await sleep(loadTime);
        return makeUser(id);
      });
      const start = performance.now();
      await Promise.all(Array.from({ length: callers }, () => get(0)));
      times.push(performance.now() - start - loadTime);
      loads.push(loaded);
    }
    const figures = { loads: median(loads), "beyond the load": median(times), spread: spreadOf(times) };
    rows.push({ name, figures, rounds: times });
  }
  return { title, columns: { loads: "count", "beyond the load": "milliseconds", spread: "share" }, rows };
}
