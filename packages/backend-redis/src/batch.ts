import type { Commands } from "./client.ts";
import type { Connection } from "./connection.ts";

/** More keys than this are asked for in several commands, so that no answer holds up the others for long. */
const mostKeys = 256;

/**
 * Look-ups of one moment in one command: whatever is asked for before the event loop goes on is one `MGET`, true at one
 * moment. On a cluster, where keys live apart, each is a `GET` of its own, sent together.
 */
export class Batch {
  readonly #connection: Connection;
  readonly #apart: boolean;
  #asked: Asked | undefined;

  /** `apart`: keys may live on several servers. */
  constructor(connection: Connection, apart: boolean) {
    this.#connection = connection;
    this.#apart = apart;
  }

  /**
   * The same object for all that is asked for together; it has not been sent yet. An answer to it tells what was so at
   * a later moment than the call.
   */
  get present(): object {
    return this.#open();
  }

  /** What is under `key` as it is in Redis; `null` for nothing. Rejects as `Connection.send` does. */
  get(key: string): Promise<Buffer | null> {
    const { answers, keys } = this.#open();
    const known = answers.get(key);
    if (known !== undefined) return known.promise;
    const answer = new Answer();
    answers.set(key, answer);
    keys.push(key);
    if (keys.length === mostKeys) this.#send();
    return answer.promise;
  }

  #open(): Asked {
    if (this.#asked !== undefined) return this.#asked;
    const asked: Asked = { keys: [], answers: new Map() };
    this.#asked = asked;
    // After all promises that are settled by now have had their turn: those who wait for one answer ask together again.
    process.nextTick(() => {
      if (this.#asked === asked) this.#send();
    });
    return asked;
  }

  #send(): void {
    const asked = this.#asked as Asked;
    this.#asked = undefined;
    const { keys, answers } = asked;
    if (keys.length === 0) return;
    this.#connection
      .send((client) => this.#ask(client, keys))
      .then(
        (values) => {
          let index = 0;
          for (const { resolve } of answers.values()) resolve(values[index++] ?? null);
        },
        (error: unknown) => {
          for (const { reject } of answers.values()) reject(error);
        },
      );
  }

  #ask(client: Commands, keys: readonly string[]): Promise<(Buffer | null)[]> {
    if (this.#apart) return Promise.all(keys.map((key) => client.getBuffer(key)));
    return client.mgetBuffer(keys as string[]);
  }
}

interface Asked {
  readonly keys: string[];
  /** In the order of the keys. */
  readonly answers: Map<string, Answer>;
}

class Answer {
  resolve!: (value: Buffer | null) => void;
  reject!: (error: unknown) => void;
  readonly promise = new Promise<Buffer | null>((resolve, reject) => {
    this.resolve = resolve;
    this.reject = reject;
  });
}
