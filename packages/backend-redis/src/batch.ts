import type { Receiver } from "@cachette/core";
import type { Connection } from "./connection.ts";

/** With fewer keys than this, nothing is sent before the event loop goes on. */
const fewestKeys = 32;
/** No more than these are asked for in one command, so that no answer holds up the others for long. */
const mostKeys = 256;

/** Taken now, as tools for tests put others in its place later, which run when the test says so. */
const whenTheLoopGoesOn = setImmediate;

/**
 * Look-ups of one moment in one command: what is asked for before the event loop goes on, by all requests whose octets
 * had come by then, is one `MGET`, true at one moment. Many are several: as soon as as many are asked for as are on their
 * way, those are sent, so that Redis has something to do while more are asked for, and this process while it answers. Where
 * they come one after the other, none has to wait for others.
 *
 * On a cluster, where keys live apart, each is a `GET` of its own, sent together.
 */
export class Batch {
  readonly #connection: Connection;
  readonly #apart: boolean;
  #question: Question | undefined;
  /** How many keys were asked for and have had no answer yet. */
  #underWay = 0;
  /** Whether the last look-up had none beside it. */
  #alone = false;

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
    if (open !== undefined && open.size + keys <= this.#room()) return open;
    this.flush();
    const question = new Question();
    this.#question = question;
    const soon = this.#alone && this.#underWay === 0 ? process.nextTick : whenTheLoopGoesOn;
    soon(() => {
      if (this.#question === question) this.#send(question);
    });
    return question;
  }

  /** Sends what is asked for so far. */
  flush(): void {
    if (this.#question !== undefined) this.#send(this.#question);
  }

  /** How many keys there may be in the question that is open. */
  #room(): number {
    return this.#apart ? mostKeys : Math.min(mostKeys, Math.max(fewestKeys, this.#underWay));
  }

  #send(question: Question): void {
    this.#question = undefined;
    // A key, and the clock.
    this.#alone = question.size <= 2;
    if (question.size > 0) question.ask((keys) => (this.#apart ? this.#lookApart(keys) : this.#look(keys)));
  }

  /** One answer for all. */
  #look(keys: readonly string[]): Answer {
    const answer = this.#connection.call("mget", ...keys) as Answer;
    this.#count(keys.length, answer);
    return answer;
  }

  /** One for each. */
  #lookApart(keys: readonly string[]): readonly Promise<Buffer | null>[] {
    return keys.map((key) => {
      const answer = this.#connection.call("get", key) as Promise<Buffer | null>;
      this.#count(1, answer);
      return answer;
    });
  }

  #count(keys: number, answer: Promise<unknown>): void {
    const answered = (): void => {
      this.#underWay -= keys;
    };
    this.#underWay += keys;
    answer.then(answered, answered);
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
