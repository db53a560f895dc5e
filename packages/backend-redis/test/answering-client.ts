import type { Command } from "ioredis";
import type { RedisClient } from "../src/index.ts";

/** A command that was sent, and waits for its answer. */
export interface Asked {
  readonly name: string;
  answer(texts: readonly string[]): void;
}

/** A client without a server, whose commands are answered by the test, in whatever order. */
export function answeringClient() {
  const sent: Asked[] = [];
  let hear = (): void => {};
  const client = {
    status: "ready",
    connect: async () => {},
    on: () => {},
    off: () => {},
    sendCommand: ({ name }: Command) =>
      new Promise((resolve) => {
        sent.push({ name, answer: (texts) => resolve(texts.map((text) => Buffer.from(text))) });
        hear();
      }),
  };
  /** The next command, as soon as it was sent. */
  const asked = async (name: string): Promise<Asked> => {
    if (sent.length === 0) {
      await new Promise<void>((resolve) => {
        hear = resolve;
      });
    }
    const next = sent.shift() as Asked;
    if (next.name !== name) throw new Error(`${next.name} was sent, not ${name}`);
    return next;
  };
  return { client: client as unknown as RedisClient, asked };
}
