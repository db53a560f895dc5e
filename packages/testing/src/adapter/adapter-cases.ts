import type { AdapterCase } from "./adapter-case.ts";
import { companyCases } from "./company-cases.ts";
import { conditionCases } from "./condition-cases.ts";
import { inputCases } from "./input-cases.ts";
import { methodCases } from "./method-cases.ts";
import { middlewareCases } from "./middleware-cases.ts";
import { outageCases } from "./outage-cases.ts";
import { purgeCases } from "./purge-cases.ts";
import { refusalCases } from "./refusal-cases.ts";
import { replayCases } from "./replay-cases.ts";
import { routeCases } from "./route-cases.ts";
import { staleCases } from "./stale-cases.ts";
import { statusCases } from "./status-cases.ts";
import { streamCases } from "./stream-cases.ts";

/** Everything that an adapter promises, one case for each promise. They run with any test runner on Node, or with none. */
export const adapterCases: readonly AdapterCase[] = [
  ...replayCases,
  ...statusCases,
  ...conditionCases,
  ...methodCases,
  ...companyCases,
  ...staleCases,
  ...streamCases,
  ...refusalCases,
  ...inputCases,
  ...middlewareCases,
  ...routeCases,
  ...outageCases,
  ...purgeCases,
];
