import type { Readable } from "node:stream";
import { fastifyCache } from "@cachette/adapter-fastify";
import Fastify from "fastify";
import { askOrigin } from "../ask-origin.ts";
import { listen } from "../running-server.ts";
import type { StartSubject } from "./subject.ts";

export const startFastify: StartSubject = async (cache, options, origin) => {
  const app = Fastify();
  // Content of every type passes as it is.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", (_request, payload, done) => done(null, payload));
  app.addHttpMethod("M-SEARCH", { hasBody: true });
  await app.register(fastifyCache, { cache });

  app.all<{ Body: Readable | undefined }>("/test/*", { config: { cache: options } }, async (request, reply) => {
    const { method, originalUrl: target, headers } = request;
    const answer = await askOrigin(origin, { method, target, fields: headers, body: request.body });
    reply.code(answer.status);
    for (const [name, value] of answer.fields) reply.header(name, value);
    return reply.send(answer.body);
  });

  app.setErrorHandler((_error, _request, reply) => reply.code(502).send("The origin gave no answer."));

  await app.listen({ host: "127.0.0.1", port: 0 });
  const { url } = await listen(app.server);
  return {
    url,
    stop() {
      app.server.closeAllConnections();
      return app.close();
    },
  };
};
