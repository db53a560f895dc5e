import type { Drill } from "./drill.ts";
import { cluster } from "./drills/cluster.ts";
import { commands } from "./drills/commands.ts";
import { day } from "./drills/day.ts";
import { faults } from "./drills/faults.ts";
import { oneLoad } from "./drills/one-load.ts";
import { races } from "./drills/races.ts";
import { reclaim } from "./drills/reclaim.ts";
import { tokens } from "./drills/tokens.ts";

/** All drills, in the order in which they are run. */
export const drills: readonly Drill[] = [races, oneLoad, faults, commands, reclaim, cluster, tokens, day];
