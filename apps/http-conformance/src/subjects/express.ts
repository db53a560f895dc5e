import { createServer } from "node:http";
import { pipeline } from "node:stream/promises";
import { expressCache } from "@cachette/adapter-express";
import express, { type NextFunction, type Request, type Response } from "express";
import { askOrigin } from "../ask-origin.ts";
import { listen } from "../running-server.ts";
import type { StartSubject } from "./subject.ts";

export const startExpress: StartSubject = (cache, options, origin) => {
  const app = express();
  // The origin's fields and no others: Express would make an ETag where there is none.
  app.disable("x-powered-by").set("etag", false);

  app.use("/test", expressCache(cache)(options), async (request, response) => {
    const { method, originalUrl: target, headers } = request;
    const { status, fields, body } = await askOrigin(origin, { method, target, fields: headers, body: request });
    response.status(status);
    for (const [name, value] of fields) response.setHeader(name, value);
    if (body === undefined) response.end();
    else await pipeline(body, response);
  });

  app.use((_error: unknown, _request: Request, response: Response, next: NextFunction) => {
    if (response.headersSent) next(_error);
    else response.status(502).type("text").send("The origin gave no answer.");
  });

  return listen(createServer(app));
};
