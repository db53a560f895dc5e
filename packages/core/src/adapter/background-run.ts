import { systemClock } from "../index.ts";
import { setImmediate } from "./node.ts";

/** Milliseconds that a run may take: there is no client who would go away and so end it. */
const longest = 60_000;

/** What is said of a request of Node's `http` that is to be run once more. */
export interface Received {
  readonly method?: string | undefined;
  readonly httpVersion: string;
  readonly httpVersionMajor: number;
  readonly httpVersionMinor: number;
  readonly headers: object;
  readonly headersDistinct?: object | undefined;
  readonly rawHeaders: readonly string[];
  readonly socket: object;
}

interface Emitter {
  on(event: string, listener: () => void): unknown;
  once(event: string, listener: () => void): unknown;
}

/** New objects of Node's: a `Socket` that leads nowhere, and what belongs to it. */
export interface Nobody {
  readonly socket: Emitter & { destroy(): unknown; write(...values: never[]): boolean };
  /** `new IncomingMessage(socket)` */
  readonly request: Emitter & { push(chunk: null): unknown; resume(): unknown };
  /** `new ServerResponse(request)` */
  readonly response: Emitter & { assignSocket(socket: object): unknown };
}

/** What handlers and middleware ask of a connection: who is at its other end, and whether it is encrypted. */
const facts = [
  "authorized",
  "encrypted",
  "localAddress",
  "localFamily",
  "localPort",
  "remoteAddress",
  "remoteFamily",
  "remotePort",
  "server",
] as const;

/**
 * Runs a request once more without a client: the same method, fields and address, without a body, on objects as Node
 * makes them; the answer goes nowhere. It begins after what has to be sent now, and ends after a minute at most.
 *
 * @param target the target as the client sent it
 * @param dispatch hands the request to the application; what it throws ends the run, as its argument does
 * @param ended is called, once, when there is an answer, or can be none any more
 */
export function runForNobody(
  received: Received,
  target: string,
  { socket, request, response }: Nobody,
  dispatch: (stop: () => void) => void,
  ended: () => void,
): void {
  const stop = (): void => {
    socket.destroy();
  };
  makeSink(socket, received.socket);
  const cancel = systemClock.after(longest, stop);
  Object.assign(request, messageOf(received, target));
  request.push(null);
  for (const stream of [socket, request, response]) stream.on("error", stop);
  response.once("finish", () => {
    request.resume();
    stop();
  });
  response.once("close", () => {
    cancel();
    ended();
  });
  response.assignSocket(socket);
  setImmediate(() => {
    try {
      dispatch(stop);
    } catch {
      stop();
    }
  });
}

function messageOf(received: Received, url: string): object {
  const { method, httpVersion, httpVersionMajor, httpVersionMinor, headers, headersDistinct, rawHeaders } = received;
  return {
    ...{ method, url, httpVersion, httpVersionMajor, httpVersionMinor, complete: true },
    // Node makes these for what it has read itself.
    ...{ headers: { ...headers }, headersDistinct: { ...headersDistinct }, rawHeaders: [...rawHeaders] },
  };
}

/** Makes a connection take all that is written, and look like another one. */
function makeSink(socket: Nobody["socket"], like: object): void {
  const { write } = socket;
  const take = (...values: unknown[]): void => {
    (values.at(-1) as () => void)();
  };
  const own = [
    ["_write", take] as const,
    ["_writev", take] as const,
    // There is always room: that there is some again is what only a server would tell the answer.
    ["write", (...values: never[]) => Reflect.apply(write, socket, values) || true] as const,
    ...facts.map((fact) => [fact, factOf(like, fact)] as const),
  ];
  for (const [name, value] of own) {
    if (value !== undefined) Object.defineProperty(socket, name, { value, writable: true, configurable: true });
  }
}

/** Connections of HTTP/2 throw once they are closed. */
function factOf(socket: object, name: string): unknown {
  try {
    return Reflect.get(socket, name);
  } catch {
    return undefined;
  }
}
