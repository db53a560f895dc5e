import { CachetteError, type Mark, type Reading, systemClock, type Versions } from "@cachette/core";
import type { Connection } from "./connection.ts";
import { exactKey, scopeKeys } from "./keys.ts";
import { Progress } from "./progress.ts";
import { parseReading } from "./records.ts";
import { Upkeep } from "./upkeep.ts";
import { versionsScript } from "./versions-script.ts";

type Kind = "hard" | "soft" | "";

/** How often a clock may turn up that had been given up, one after the other, in a single call. */
const mostAttempts = 5;

/** The clock and the labels of one cache, as strings in one slot. See `versionsScript` for what is in them. */
export class RedisVersions implements Versions {
  /** Another process may invalidate at any time, so nothing is sure without asking. */
  readonly current: Mark | undefined = undefined;

  readonly #connection: Connection;
  readonly #clockKey: string;
  readonly #labelKey: string;
  readonly #labelTtl: number;
  readonly #upkeep: Upkeep;
  readonly #progress = new Progress();

  /** `labelTtl` in milliseconds, `Infinity` for ever. */
  constructor(connection: Connection, scope: string, labelTtl: number) {
    const { clock, label } = scopeKeys(scope);
    this.#connection = connection;
    this.#clockKey = clock;
    this.#labelKey = label;
    this.#labelTtl = labelTtl;
    this.#upkeep = new Upkeep(systemClock, labelTtl);
  }

  /** One round trip as a rule: a single `MGET`, or the script where a label is new to this process or to Redis. */
  async read(labels: readonly string[]): Promise<Reading> {
    if (!this.#upkeep.isDue(labels)) {
      const since = this.#progress.latest;
      const reading = parseReading(await this.#connection.send((client) => client.mget(this.#keys(labels))));
      if (reading !== undefined && this.#progress.follows(reading.mark, since)) {
        this.#progress.learn(reading.mark);
        return reading;
      }
    }
    return this.#run(labels, "");
  }

  async advance(labels: readonly string[], kind: "hard" | "soft"): Promise<void> {
    await this.#run(labels, kind);
  }

  async #run(labels: readonly string[], kind: Kind): Promise<Reading> {
    const keys = this.#keys(labels);
    const since = this.#progress.latest;
    let least = since;
    for (let attempt = 0; attempt < mostAttempts; attempt++) {
      const values = this.#values(least, kind);
      const answer = await this.#connection.send((client) => versionsScript.run(client, keys, values));
      const reading = Array.isArray(answer) ? parseReading(answer) : undefined;
      if (reading === undefined) throw failed("the script gave an answer that is none");
      if (this.#progress.follows(reading.mark, since)) {
        this.#progress.learn(reading.mark);
        this.#upkeep.done(labels);
        return reading;
      }
      // An epoch that was given up: whatever its seq, it must not go on.
      least = { epoch: reading.mark.epoch, seq: Number.MAX_SAFE_INTEGER };
    }
    throw failed("clocks that had been given up keep coming back");
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
