export type { AdapterCase } from "./adapter/adapter-case.ts";
export { adapterCases } from "./adapter/adapter-cases.ts";
export type {
  AdapterAnswer,
  AdapterApp,
  AdapterBefore,
  AdapterHarness,
  AdapterRequest,
  AdapterRoute,
  AdapterServer,
  MakeAdapterHarness,
} from "./adapter/harness.ts";
export type { BackendCase } from "./backend/backend-case.ts";
export { backendCases } from "./backend/backend-cases.ts";
export type { BackendHarness, MakeBackendHarness } from "./backend/harness.ts";
export type { FaultControl, FaultOptions, FaultySubject, OperationFaults } from "./faults.ts";
export {
  type Faults,
  type FaultyBackend,
  type FaultyBackendOptions,
  type FaultyOperation,
  faultyBackend,
} from "./faulty-backend.ts";
export { type ManualClock, manualClock } from "./manual-clock.ts";
