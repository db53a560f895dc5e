import { Socket } from "node:net";

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

/** A connection that leads nowhere and takes all that is written; it looks like another one. */
export class SinkSocket extends Socket {
  constructor(model: object) {
    super();
    for (const name of facts) {
      const value: unknown = Reflect.get(model, name);
      if (value !== undefined) Object.defineProperty(this, name, { value, configurable: true });
    }
  }

  override _write(_chunk: unknown, _encoding: string, done: () => void): void {
    done();
  }

  override _writev(_chunks: unknown, done: () => void): void {
    done();
  }
}
