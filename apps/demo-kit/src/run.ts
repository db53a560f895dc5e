import type { IncomingMessage, ServerResponse } from "node:http";
import type { Server, Socket } from "node:net";
import { fail } from "./fail.ts";
import type { Settings } from "./settings.ts";

/** How long a shutdown may take, in milliseconds. */
const patience = 4500;

/**
 * Sees an HTTP server through its life: says where it listens and what to try there, or why it cannot; at the first SIGTERM
 * or SIGINT accepts nothing more, lets the requests in flight be answered, calls `close`, and ends the process.
 */
export function run(server: Server, name: string, settings: Settings, close: () => Promise<void>): void {
  const connections = new Connections(server);
  let stopping = false;

  server.once("listening", () => console.log(introduction(server, name, settings)));
  server.once("error", (error: NodeJS.ErrnoException) => fail(refusal(error, settings)));

  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    process.on(signal, async () => {
      if (stopping) return;
      stopping = true;
      setTimeout(() => fail("Not done in time, ended all the same."), patience).unref();
      const closed = new Promise((resolve) => server.close(resolve));
      connections.finish();
      console.log(`${signal}: stopping, requests in flight are answered first.`);
      await closed;
      await close();
      console.log("Stopped.");
      // Not left to the event loop: a client that was just about to connect may keep it busy for a while.
      process.exit(0);
    });
  }
}

/** The open connections of a server, each with the answers that are still owed on it. */
class Connections {
  readonly #owed = new Map<Socket, Set<ServerResponse>>();
  #finishing = false;

  constructor(server: Server) {
    server.on("connection", (socket: Socket) => {
      this.#owed.set(socket, new Set());
      socket.once("close", () => this.#owed.delete(socket));
    });
    // First of all listeners, so that the header is set before the answer begins.
    server.prependListener("request", ({ socket }: IncomingMessage, response: ServerResponse) => {
      this.#owed.get(socket)?.add(response);
      if (this.#finishing) response.setHeader("Connection", "close");
      response.once("close", () => {
        const owed = this.#owed.get(socket);
        owed?.delete(response);
        if (this.#finishing && owed?.size === 0) socket.end();
      });
    });
  }

  /** Closes idle connections, also those that have never carried a request, and each other one with its last answer. */
  finish(): void {
    this.#finishing = true;
    for (const [socket, owed] of this.#owed) {
      const last = [...owed].at(-1);
      if (last === undefined) socket.destroy();
      else if (!last.headersSent) last.setHeader("Connection", "close");
    }
  }
}

function introduction(server: Server, name: string, settings: Settings): string {
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : settings.port;
  const url = urlOf(settings.host, port);
  const token = settings.madeUp ? settings.purgeToken : "$PURGE_TOKEN";
  const backend = settings.redis === undefined ? "memory" : "Redis";
  return `${name} on ${backend}, listening on ${url}. Try this (the first line twice: ${settings.slow / 1000} s, then at once):
  curl -i "${url}/slow?q=42"
  curl -i -H "Accept-Language: de" -H "X-User-Id: 7" ${url}/greeting
  curl -i -X DELETE -H "Authorization: Bearer ${token}" "${url}/cache/clear?namespace=v1"`;
}

function refusal(error: NodeJS.ErrnoException, { host, port }: Settings): string {
  const place = urlOf(host, port);
  return error.code === "EADDRINUSE"
    ? `${place} is taken. Set PORT to another port, or to 0 for a free one.`
    : `Cannot listen on ${place}: ${error.message}`;
}

function urlOf(host: string, port: number): string {
  return `http://${host.includes(":") ? `[${host}]` : host}:${port}`;
}
