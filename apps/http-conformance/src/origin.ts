import { createServer } from "node:http";
import handleConfig from "http-cache-tests/server/handle-config.mjs";
import handleState from "http-cache-tests/server/handle-state.mjs";
import handleTest from "http-cache-tests/server/handle-test.mjs";
import { listen, type RunningServer } from "./running-server.ts";

const handlers = { config: handleConfig, state: handleState, test: handleTest };

/**
 * The suite's server: told beforehand what to answer in a test (`/config`), answering (`/test`), and telling afterwards
 * what it was asked (`/state`).
 */
export function startOrigin(): Promise<RunningServer> {
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? "/", "http://127.0.0.1");
    const [, first = "", ...segments] = pathname.split("/");
    if (isHandled(first)) handlers[first](segments, request, response);
    else response.writeHead(404).end();
  });
  return listen(server);
}

function isHandled(segment: string): segment is keyof typeof handlers {
  return Object.hasOwn(handlers, segment);
}
