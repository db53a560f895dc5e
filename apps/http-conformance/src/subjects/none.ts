import { createServer } from "node:http";
import { pipeline } from "node:stream/promises";
import { askOrigin } from "../ask-origin.ts";
import { listen } from "../running-server.ts";
import type { StartSubject } from "./subject.ts";

/** The handler with no cache before it: what is passed without one. */
export const startNone: StartSubject = (_cache, _options, origin) => {
  const server = createServer(async (request, response) => {
    const { method = "GET", url: target = "/", headers } = request;
    try {
      const { status, fields, body } = await askOrigin(origin, { method, target, fields: headers, body: request });
      response.statusCode = status;
      for (const [name, value] of fields) response.setHeader(name, value);
      if (body === undefined) response.end();
      else await pipeline(body, response);
    } catch {
      if (response.headersSent) response.destroy();
      else response.writeHead(502).end("The origin gave no answer.");
    }
  });
  return listen(server);
};
