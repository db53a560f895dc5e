// The parts of the suite that are used here, as version 0.4.5 has them. It comes without types.

declare module "http-cache-tests/tests/index.mjs" {
  const groups: import("./suite.ts").Group[];
  export default groups;
}

declare module "http-cache-tests/client/runner.mjs" {
  /** Runs the tests `chunkSize` at a time. What it finds stays in the module, so it can be called once only. */
  export function runTests(
    groups: readonly { readonly tests: readonly import("./suite.ts").TestCase[] }[],
    fetch: import("./suite.ts").SuiteFetch,
    browserCache: boolean,
    baseUrl: string,
    chunkSize: number,
  ): Promise<void>;
  export function getResults(): import("./suite.ts").RawResults;
}

declare module "http-cache-tests/server/handle-config.mjs" {
  const handle: SuiteHandler;
  export default handle;
}

declare module "http-cache-tests/server/handle-state.mjs" {
  const handle: SuiteHandler;
  export default handle;
}

declare module "http-cache-tests/server/handle-test.mjs" {
  const handle: SuiteHandler;
  export default handle;
}

/** Called with the segments of the path that follow its first. */
type SuiteHandler = (
  segments: string[],
  request: import("node:http").IncomingMessage,
  response: import("node:http").ServerResponse,
) => void;
