import { once } from "node:events";
import type { Server } from "node:http";

export interface RunningServer {
  /** Such as `http://127.0.0.1:40123`. */
  readonly url: string;
  /** Closes the server and every connection that is still open. */
  stop(): Promise<void>;
}

/** Starts a server on a free port of this machine alone. */
export async function listen(server: Server): Promise<RunningServer> {
  if (!server.listening) {
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
  }
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("The server listens on no port.");
  return {
    url: `http://127.0.0.1:${address.port}`,
    async stop() {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
