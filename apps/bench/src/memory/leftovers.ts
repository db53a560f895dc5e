// Run with --expose-gc in a process of its own: what answers that were made anew leave behind until the old are
// collected, in bytes for each. What is held by something old (a WeakMap, a function that V8 puts among the old at once)
// is not collected with the young, along with all it leads to; hits then pay for the misses before them.
import { once } from "node:events";
import { type AddressInfo, connect } from "node:net";
import { collectGarbage, collectYoung } from "../garbage.ts";
import { expressServer } from "../http/express.ts";
import { fastifyServer } from "../http/fastify.ts";
import { honoServer } from "../http/hono.ts";
import type { Framework, ServerOrder } from "../http/subject.ts";

const makers = { express: expressServer, fastify: fastifyServer, hono: honoServer };

export interface LeftoversOrder extends Pick<ServerOrder, "kind"> {
  readonly framework: Framework;
}

/** Requests before it counts, and those that do. */
const warm = 300;
const counted = 300;
/** Requests between two collections of the young, four in a row as they are old after two. */
const between = 10;

if (process.argv[2] !== undefined) console.log(await measureLeftovers(JSON.parse(process.argv[2])));

async function measureLeftovers({ framework, kind }: LeftoversOrder): Promise<number> {
  const server = await makers[framework]({ framework, kind, recorded: [] });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const socket = connect((server.address() as AddressInfo).port, "127.0.0.1").setNoDelay();
  await once(socket, "connect");
  const ask = async (id: number) => {
    socket.write(`GET /small/${id} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
    await once(socket, "data");
    // What follows an answer comes after it.
    await new Promise((resolve) => setImmediate(resolve));
  };
  for (let id = 0; id < warm; id++) await ask(id);
  collectGarbage();
  for (let id = warm; id < warm + counted; id++) {
    await ask(id);
    if (id % between === 0) for (let turn = 0; turn < 4; turn++) collectYoung();
  }
  const before = process.memoryUsage().heapUsed;
  collectGarbage();
  const left = before - process.memoryUsage().heapUsed;
  socket.destroy();
  server.close();
  return left / counted;
}
