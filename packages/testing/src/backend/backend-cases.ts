import type { BackendCase } from "./backend-case.ts";
import { basicCases, pingCases } from "./basic-cases.ts";
import { closeCases } from "./close-cases.ts";
import { concurrencyCases } from "./concurrency-cases.ts";
import { findCases, keyCases } from "./key-cases.ts";
import { leaseCases } from "./lease-cases.ts";
import { lookUpCases } from "./look-up-cases.ts";
import { ttlCases } from "./ttl-cases.ts";
import { byteCases, objectCases } from "./value-cases.ts";
import { currentCases, versionCases } from "./version-cases.ts";
import { viewCases } from "./view-cases.ts";

/** Everything that the contract promises, one case for each promise. They run with any test runner, or with none. */
export const backendCases: readonly BackendCase[] = [
  ...basicCases,
  ...pingCases,
  ...keyCases,
  ...findCases,
  ...objectCases,
  ...byteCases,
  ...ttlCases,
  ...versionCases,
  ...currentCases,
  ...viewCases,
  ...lookUpCases,
  ...leaseCases,
  ...concurrencyCases,
  ...closeCases,
];
