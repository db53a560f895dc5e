import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import type { AdapterServer } from "../src/adapter/harness.ts";

/** A server on a free port of 127.0.0.1, without a framework. */
export async function listenOn(listener: RequestListener): Promise<AdapterServer> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
