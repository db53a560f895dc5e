import { request } from "node:http";
import type { AddressInfo } from "node:net";
import { memoryBackend } from "@cachette/backend-memory";
import { type Cache, createCache } from "@cachette/core";
import express, { type Express } from "express";
import { onTestFinished } from "vitest";

/** An application without habits of its own, and a cache on memory. */
export function newSite(): { app: Express; cache: Cache } {
  const app = express();
  app.set("env", "test");
  app.disable("etag");
  return { app, cache: createCache({ backend: memoryBackend({ maxEntries: 100 }) }) };
}

/** Starts an application until the end of the test, and gives its port. */
export async function serve(app: Express): Promise<number> {
  const server = app.listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return (server.address() as AddressInfo).port;
}

/** As `serve`; gives what asks the application. */
export async function listen(app: Express): Promise<(path?: string, headers?: Record<string, string>) => Promise<Got>> {
  const port = await serve(app);
  return (path = "/", headers = {}) =>
    new Promise((resolve, reject) => {
      const asked = request({ host: "127.0.0.1", port, path, headers, agent: false }, (answer) => {
        const pieces: Buffer[] = [];
        answer.on("data", (piece: Buffer) => pieces.push(piece));
        answer.once("error", reject);
        answer.once("end", () =>
          resolve({
            status: answer.statusCode ?? 0,
            message: answer.statusMessage ?? "",
            headers: answer.headers,
            lines: answer.rawHeaders,
            body: Buffer.concat(pieces),
          }),
        );
      });
      asked.once("error", reject).end();
    });
}

export interface Got {
  readonly status: number;
  readonly message: string;
  readonly headers: NodeJS.Dict<string | string[]>;
  readonly lines: readonly string[];
  readonly body: Buffer;
}
