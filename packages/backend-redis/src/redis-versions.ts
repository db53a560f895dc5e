import {
  CachetteError,
  type Mark,
  type Reading,
  type Receiver,
  type Stamp,
  systemClock,
  type Versions,
  type Watcher,
} from "@cachette/core";
import type { Batch, Question } from "./batch.ts";
import { parseChanges, parseClock } from "./clock-record.ts";
import type { Connection } from "./connection.ts";
import { exactKey, scopeKeys } from "./keys.ts";
import { Look } from "./look.ts";
import { parseMessage } from "./messages.ts";
import { Mirror } from "./mirror.ts";
import { Progress } from "./progress.ts";
import { parseReading } from "./records.ts";
import { RedisWatch } from "./redis-watch.ts";
import type { Subscriber } from "./subscriber.ts";
import { versionsScript } from "./versions-script.ts";

type Kind = "hard" | "soft" | "";

/** How often a clock may turn up that had been given up, one after the other, in a single call. */
const mostAttempts = 5;

/** The ways to Redis of one backend. */
export interface Lines {
  readonly connection: Connection;
  readonly batch: Batch;
  readonly subscriber: Subscriber;
}

/**
 * The clock and the labels of one cache, as strings in one slot. See `versionsScript` for what is in them.
 *
 * A reading looks at the clock, along with whatever else is looked up at that moment; the clock tells what has been
 * invalidated since the last look, and the stamps of labels are those that this process has kept. Only labels that it
 * meets for the first time, or after more invalidations than the clock tells of, are looked up themselves.
 */
export class RedisVersions implements Versions {
  /** Another process may invalidate at any time, so nothing is sure without asking. */
  readonly current: Mark | undefined = undefined;
  readonly #connection: Connection;
  readonly #batch: Batch;
  readonly #subscriber: Subscriber;
  readonly #clockKey: string;
  readonly #labelKey: string;
  readonly #labelTtl: number;
  readonly #progress = new Progress();
  readonly #mirror = new Mirror();
  /** When what is kept of labels is forgotten, so that looking them up puts off their expiry. */
  #forgetAt: number;
  /** What the clock was last found to say. */
  #seen: { readonly bytes: Buffer; readonly mark: Mark } | undefined;
  /** What was last read from the mirror: it is the same for many entries in a row. */
  #lastReading: { readonly labels: readonly string[]; readonly reading: Reading } | undefined;
  /** The look at the clock that is about to be sent. */
  #looking: Look | undefined;

  /** Since when every change is told by a message: another number each time. 0 while that is not so. */
  #session = 0;
  #sessions = 0;
  /** The session in which the clock was looked at, since when nothing can have been missed. */
  #caughtUp = 0;
  readonly #watchers = new Set<Watcher>();
  #stopListening: () => void = () => {};

  /** `labelTtl` in milliseconds, `Infinity` for ever. */
  constructor({ connection, batch, subscriber }: Lines, scope: string, labelTtl: number) {
    const { clock, label } = scopeKeys(scope);
    this.#connection = connection;
    this.#batch = batch;
    this.#subscriber = subscriber;
    this.#clockKey = clock;
    this.#labelKey = label;
    this.#labelTtl = labelTtl;
    this.#forgetAt = systemClock.now() + labelTtl / 4;
  }

  /** One round trip, shared with all look-ups of the same moment; one more where a label is new to this process. */
  async read(labels: readonly string[]): Promise<Reading> {
    const known = await this.#lookNow();
    return (known ? this.#readMirror(labels) : undefined) ?? this.#run(labels, "");
  }

  lookUp(key: string, receiver: Receiver<Uint8Array | undefined>): undefined {
    this.#lookAlong(this.#batch.with(2)).add(exactKey(key), receiver);
  }

  known(labels: readonly string[]): Reading | undefined {
    return this.#readMirror(labels);
  }

  watch(watcher: Watcher): RedisWatch {
    const watchers = this.#watchers;
    watchers.add(watcher);
    if (watchers.size === 1) {
      this.#stopListening = this.#subscriber.add(this.#connection.prefix + this.#clockKey, {
        message: (text) => this.#hear(text),
        ready: () => {
          this.#beginSession();
          // What was read before may have been changed since without a word.
          for (const each of watchers) each.lost();
          // If this fails, the next look will do.
          this.#lookNow().catch(() => {});
        },
        lost: () => {
          this.#session = 0;
          for (const each of watchers) each.lost();
        },
      });
    }
    const stop = (): void => {
      if (watchers.delete(watcher) && watchers.size === 0) this.#stopListening();
    };
    return new RedisWatch({
      mark: () => (this.#session !== 0 && this.#session === this.#caughtUp ? this.#mirror.mark : undefined),
      read: (labels) => {
        this.#forgetInTime();
        return this.#readMirror(labels);
      },
      stop,
    });
  }

  #hear(text: string): void {
    const message = parseMessage(text);
    if (message?.type === "key") for (const each of this.#watchers) each.changed(message.key);
    if (message?.type !== "labels") return;
    const { mark, change } = message;
    if (mark.epoch !== this.#progress.latest?.epoch) {
      // A clock that was lost, or that of another database of the server, to whose channels all of them are common: only the
      // clock itself can tell. Nothing is known until it has, and what was asked before does not count.
      this.#beginSession();
      this.#lookNow().catch(() => {});
      return;
    }
    if (!this.#progress.follows(mark, this.#progress.latest)) return;
    this.#progress.learn(mark);
    this.#mirror.follow(mark, () => [change]);
  }

  /** From now on every change is told. A look that is about to be sent belongs to before. */
  #beginSession(): void {
    this.#session = ++this.#sessions;
    this.#looking = undefined;
  }

  #lookNow(): Promise<boolean> {
    return this.#lookAlong(this.#batch.with(1)).known;
  }

  /** A look at the clock along with a question. */
  #lookAlong(question: Question): Look {
    if (this.#looking?.isAlong(question)) return this.#looking;
    const look = new Look(question, this.#look(question), () => this.#run([], ""));
    this.#looking = look;
    return look;
  }

  async advance(labels: readonly string[], kind: "hard" | "soft"): Promise<void> {
    await this.#run(labels, kind);
  }

  /** Brings the mirror up to what the clock says. Whether the clock is one that can be gone by. */
  async #look(question: Question): Promise<boolean> {
    this.#forgetInTime();
    const since = this.#progress.latest;
    const session = this.#session;
    const bytes = await question.valueAt(question.add(this.#clockKey));
    if (bytes === null) return false;
    const text = this.#seen?.bytes.equals(bytes) ? undefined : bytes.toString();
    const mark = text === undefined ? this.#seen?.mark : parseClock(text);
    if (mark === undefined || !this.#progress.follows(mark, since)) return false;
    if (text !== undefined) {
      this.#learn(mark, text);
      this.#seen = { bytes, mark };
    }
    this.#caughtUp = session;
    return true;
  }

  #learn(mark: Mark, text: string): void {
    this.#progress.learn(mark);
    // An answer that comes late may be of an epoch that is over.
    if (this.#progress.latest?.epoch === mark.epoch) this.#mirror.follow(mark, () => parseChanges(text));
  }

  #forgetInTime(): void {
    const now = systemClock.now();
    if (now < this.#forgetAt) return;
    this.#mirror.forget();
    this.#lastReading = undefined;
    this.#forgetAt = now + this.#labelTtl / 4;
  }

  #readMirror(labels: readonly string[]): Reading | undefined {
    const { mark } = this.#mirror;
    if (mark === undefined) return undefined;
    const last = this.#lastReading;
    if (last !== undefined && last.labels === labels && last.reading.mark === mark) return last.reading;
    const stamps: Stamp[] = [];
    for (const label of labels) {
      const stamp = this.#mirror.get(label);
      if (stamp === undefined) return undefined;
      stamps.push(stamp);
    }
    const reading = { mark, stamps };
    this.#lastReading = { labels, reading };
    return reading;
  }

  async #run(labels: readonly string[], kind: Kind): Promise<Reading> {
    const keys = this.#keys(labels);
    const since = this.#progress.latest;
    const session = this.#session;
    let least = since;
    for (let attempt = 0; attempt < mostAttempts; attempt++) {
      const values = this.#values(least, kind);
      const answer = await versionsScript.run(this.#connection, keys, values);
      const texts = Array.isArray(answer) ? answer.map(String) : [];
      const reading = parseReading(texts);
      if (reading === undefined) throw failed("the script gave an answer that is none");
      if (this.#progress.follows(reading.mark, since)) {
        this.#learn(reading.mark, texts[0] as string);
        this.#keep(labels, reading);
        this.#caughtUp = session;
        return reading;
      }
      // An epoch that was given up: whatever its seq, it must not go on.
      least = { epoch: reading.mark.epoch, seq: Number.MAX_SAFE_INTEGER };
    }
    throw failed("clocks that had been given up keep coming back");
  }

  #keep(labels: readonly string[], { mark, stamps }: Reading): void {
    for (const [index, label] of labels.entries()) {
      // The clock tells labels as they stand in keys: one that is written in another way there is not recognised.
      if (exactKey(label) === label) this.#mirror.set(label, stamps[index] as Stamp, mark);
    }
  }

  #values(least: Mark | undefined, kind: Kind): (string | number)[] {
    const expiry = this.#labelTtl === Number.POSITIVE_INFINITY ? 0 : this.#labelTtl;
    return [crypto.randomUUID(), expiry, least?.epoch ?? "", least?.seq ?? 0, kind];
  }

  #keys(labels: readonly string[]): string[] {
    return [this.#clockKey, ...labels.map((label) => this.#labelKey + exactKey(label))];
  }
}

function failed(why: string): CachetteError {
  return new CachetteError({ code: "BACKEND_FAILED", message: `Redis could not tell what was invalidated: ${why}` });
}
