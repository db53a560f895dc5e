// A server to be measured, in a process of its own: started by child.ts, told what to be by the first message and asked
// for its state by all others.
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { bodiesMade } from "./body.ts";
import type { ServerOrder, ServerStarted, ServerState } from "./subject.ts";

// All that any server of a framework may need is loaded in each of its processes: how V8 compiles Node's own code depends on
// what was loaded before, and is to be the same for all.
const makers = {
  express: async () => (await import("./express.ts")).expressServer,
  fastify: async () => (await import("./fastify.ts")).fastifyServer,
  hono: async () => (await import("./hono.ts")).honoServer,
};

process.on("disconnect", () => process.exit());
const [order] = (await once(process, "message")) as [ServerOrder];
const makeServer = await makers[order.framework]();
const server = await makeServer(order);
server.listen(0, "127.0.0.1");
await once(server, "listening");
process.on("message", () => tell({ cpu: cpuSeconds(), handled: bodiesMade() }));
tell({ port: (server.address() as AddressInfo).port });

function tell(news: ServerStarted | ServerState): void {
  process.send?.(news);
}

function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}
