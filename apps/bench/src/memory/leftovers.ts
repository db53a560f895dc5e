// Run with --expose-gc, in a process of its own that gives the young all the room from the start: what answers that were made
// anew leave behind until the old are collected, in bytes for each.
// What is held by something old (a WeakMap, a function that V8 puts among the old at once) is not collected with the
// young, along with all it leads to; hits then pay for the misses before them.
//
// V8 judges by the first hundred objects of a place in the code whether those that come after are to be put among the old
// at once, provided that there is as much room for the young as there may be. So the first requests that a cache sees are
// many that wait together while V8 collects, as on a server that has just begun: all that they hold looks as if it
// stayed. Of what Node and the framework make it has judged before, by requests that come one after another.
import { once } from "node:events";
import { type AddressInfo, connect, type Socket } from "node:net";
import { collectGarbage, collectYoung } from "../garbage.ts";
import { memoryCache } from "../http/memory-cache.ts";
import type { Framework } from "../http/subject.ts";
import { waitingServers } from "./waiting-server.ts";

export interface LeftoversOrder {
  readonly framework: Framework;
  readonly kind: "handler" | "cachette";
}

/** Requests one after another that no cache sees. */
const plain = 800;
/** Requests that wait together, and how often. */
const together = 150;
const rounds = 3;
/** Requests one after another before it counts, and those that do. */
const warm = 100;
const counted = 300;
/** Requests between two collections of the young, four in a row as they are old after two. */
const between = 10;

if (process.argv[2] !== undefined) console.log(await measureLeftovers(JSON.parse(process.argv[2])));

async function measureLeftovers({ framework, kind }: LeftoversOrder): Promise<number> {
  let held = false;
  const waiting: (() => void)[] = [];
  const answer = async (path: string) => {
    if (held) await new Promise<void>((resolve) => waiting.push(resolve));
    return { path, text: "".padEnd(1_000, ".") };
  };
  const server = await waitingServers[framework](answer, kind === "cachette" ? memoryCache() : undefined);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  let asked = 0;
  const ask = async (socket: Socket, folder = "") => {
    socket.write(`GET ${folder}/${asked++} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
    await once(socket, "data");
    // What follows an answer comes after it.
    await new Promise((resolve) => setImmediate(resolve));
  };
  const socket = await connected(port);
  for (let id = 0; id < plain; id++) {
    await ask(socket, "/plain");
    if (id % (plain / 4) === 0) collectYoung();
  }
  for (let round = 0; round < rounds; round++) {
    held = true;
    const sockets = await Promise.all(Array.from({ length: together }, () => connected(port)));
    const answered = sockets.map((one) => ask(one));
    while (waiting.length < together) await new Promise((resolve) => setImmediate(resolve));
    for (let turn = 0; turn < 3; turn++) collectYoung();
    held = false;
    for (const goOn of waiting.splice(0)) goOn();
    await Promise.all(answered);
    for (const one of sockets) one.destroy();
  }
  for (let id = 0; id < warm; id++) await ask(socket);
  collectGarbage();
  for (let id = 0; id < counted; id++) {
    await ask(socket);
    if (id % between === 0) for (let turn = 0; turn < 4; turn++) collectYoung();
  }
  const before = process.memoryUsage().heapUsed;
  collectGarbage();
  const left = before - process.memoryUsage().heapUsed;
  socket.destroy();
  server.close();
  return left / counted;
}

async function connected(port: number): Promise<Socket> {
  const socket = connect(port, "127.0.0.1").setNoDelay();
  await once(socket, "connect");
  return socket;
}
