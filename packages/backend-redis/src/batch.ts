import type { Receiver } from "@cachette/core";
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
  #question: Question | undefined;

  /** `apart`: keys may live on several servers. */
  constructor(connection: Connection, apart: boolean) {
    this.#connection = connection;
    this.#apart = apart;
  }

  /** What is under `key` as it is in Redis; `null` for nothing. Rejects as `Connection.call` does. */
  get(key: string): Promise<Buffer | null> {
    const question = this.with(1);
    return question.valueAt(question.add(key));
  }

  /**
   * What is about to be asked, with room for so many keys more. The same object for all that is asked together; it has
   * not been sent yet, so that its answer tells what was so at a later moment than this call.
   */
  with(keys: number): Question {
    const open = this.#question;
    if (open !== undefined && open.size + keys <= mostKeys) return open;
    if (open !== undefined) this.#send(open);
    const question = new Question();
    this.#question = question;
    // After all promises that are settled by now have had their turn: those who wait for one answer ask together again.
    process.nextTick(() => {
      if (this.#question === question) this.#send(question);
    });
    return question;
  }

  #send(question: Question): void {
    this.#question = undefined;
    if (question.size > 0) question.ask((keys) => this.#look(keys));
  }

  /** One answer for all, or one for each. */
  #look(keys: readonly string[]): Answer | readonly Promise<Buffer | null>[] {
    const connection = this.#connection;
    if (!this.#apart) return connection.call("mget", ...keys) as Answer;
    return keys.map((key) => connection.call("get", key) as Promise<Buffer | null>);
  }
}

type Answer = Promise<readonly (Buffer | null)[]>;

/** Keys that are looked up together. */
export class Question {
  /** Each key and its place among the values. */
  readonly #places = new Map<string, number>();
  /** Settles when the values are there, or, where each has an answer of its own, when those are on their way. */
  readonly #asked: Promise<unknown>;
  #values: readonly (Buffer | null)[] = [];
  #apart: readonly Promise<Buffer | null>[] | undefined;
  #settle!: (outcome: unknown) => void;

  constructor() {
    this.#asked = new Promise((resolve) => {
      this.#settle = resolve;
    });
  }

  get size(): number {
    return this.#places.size;
  }

  /** Asks for a key as well, once however often it is wanted. Gives the place of its value. */
  add(key: string): number {
    const known = this.#places.get(key);
    if (known !== undefined) return known;
    const place = this.#places.size;
    this.#places.set(key, place);
    return place;
  }

  valueAt(place: number): Promise<Buffer | null> {
    return this.#asked.then(() => this.#apart?.[place] ?? this.#values[place] ?? null);
  }

  /** Hands on a value: at once, if it came together with one that is there. */
  tell(place: number, receiver: Receiver<Uint8Array | undefined>): void {
    const apart = this.#apart?.[place];
    if (apart === undefined) receiver.arrived(this.#values[place] ?? undefined);
    else {
      apart.then(
        (value) => receiver.arrived(value ?? undefined),
        (error: unknown) => receiver.failed(error),
      );
    }
  }

  ask(look: (keys: readonly string[]) => Answer | readonly Promise<Buffer | null>[]): void {
    const outcome = look([...this.#places.keys()]);
    if (outcome instanceof Promise) {
      this.#settle(
        outcome.then((values) => {
          this.#values = values;
        }),
      );
      return;
    }
    this.#apart = outcome;
    // Each of them reaches who asked for it, and nobody else.
    for (const value of outcome) value.catch(() => {});
    this.#settle(undefined);
  }
}
