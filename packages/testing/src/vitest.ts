export { adapterSuite } from "./adapter/adapter-suite.ts";
export { backendSuite } from "./backend/backend-suite.ts";
