import { connect, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { connections, type Load, type LoadGenerator, type LoadRequest } from "./load.ts";

/**
 * Reads just enough of an answer to know its status and where it ends, so that it keeps a server busy from one core,
 * which a real HTTP client of Node's does not.
 */
export const rawClient: LoadGenerator = {
  name: "raw sockets",
  async run(load, seconds) {
    const turn = { done: 0, next: nextOf(load) };
    let failed: Error | undefined;
    const fail = (error: Error) => {
      failed ??= error;
    };
    const sockets = Array.from({ length: connections }, () => open(load, turn, fail));
    try {
      const start = performance.now();
      await sleep(1_000 * seconds);
      // A server that has just been started may not have answered yet.
      for (let waited = 0; turn.done < connections && !failed && waited < patience; waited++) await sleep(1);
      if (failed) throw failed;
      if (turn.done === 0) throw new Error("There was no answer.");
      return { answers: turn.done, perSecond: (1_000 * turn.done) / (performance.now() - start) };
    } finally {
      for (const socket of sockets) socket.destroy();
    }
  },
};

/** Milliseconds beyond the time it was given. */
const patience = 5_000;

interface Turn {
  done: number;
  readonly next: () => Buffer;
}

function nextOf({ requests, port }: Load): () => Buffer {
  if (typeof requests === "function") return () => requestBytes(requests(), port);
  const all = requests.map((request) => requestBytes(request, port));
  let at = 0;
  return () => {
    at = at + 1 === all.length ? 0 : at + 1;
    return all[at] as Buffer;
  };
}

function requestBytes({ target, etag }: LoadRequest, port: number): Buffer {
  const condition = etag === undefined ? "" : `If-None-Match: ${etag}\r\n`;
  return Buffer.from(`GET ${target} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n${condition}\r\n`);
}

const lastChunk = Buffer.from("0\r\n\r\n");

function open(load: Load, turn: Turn, fail: (error: Error) => void): Socket {
  const status = String(load.status);
  /** How much of the body is to come; `undefined` before the head has been read. */
  let missing: number | undefined;
  const ask = () => {
    missing = undefined;
    socket.write(turn.next());
  };
  const read = (length: number, buffer: Buffer): boolean => {
    const piece = buffer.subarray(0, length);
    let body = length;
    if (missing === undefined) {
      const end = piece.indexOf("\r\n\r\n");
      if (end < 0 || piece.toString("latin1", 9, 12) !== status) {
        fail(new Error(`An answer begins with ${JSON.stringify(piece.toString("latin1", 0, 60))}.`));
        return false;
      }
      missing = load.bytes;
      body = length - end - 4;
    }
    missing -= body;
    if (load.chunked ? !piece.subarray(-lastChunk.length).equals(lastChunk) : missing > 0) return true;
    if (!load.chunked && missing < 0) fail(new Error("An answer is longer than it should be."));
    turn.done++;
    ask();
    return true;
  };
  const onread = { buffer: Buffer.alloc(1 << 17), callback: read as (length: number, buffer: Uint8Array) => boolean };
  const socket = connect({ port: load.port, host: "127.0.0.1", noDelay: true, onread });
  socket.on("connect", ask);
  socket.on("error", fail);
  socket.on("end", () => fail(new Error("The server closed a connection.")));
  return socket;
}
