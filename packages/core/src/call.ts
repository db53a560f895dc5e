import type { Demand } from "./demand.ts";
import type { Policy } from "./policy.ts";

/** How often a caller starts over because a purge made void what it waited for. */
const mostRetries = 3;

/** One caller's wish for what is under a key. A class, as everything that is made for each hit (decision 14). */
export class Call {
  readonly key: string;
  readonly policy: Policy;
  readonly demand: Demand | undefined;
  readonly #retries: number;

  constructor(key: string, policy: Policy, demand?: Demand, retries: number = 0) {
    this.key = key;
    this.policy = policy;
    this.demand = demand;
    this.#retries = retries;
  }

  /** Whether it has started over often enough. */
  get isLast(): boolean {
    return this.#retries >= mostRetries;
  }

  /** The same call once more. */
  again(): Call {
    return new Call(this.key, this.policy, this.demand, this.#retries + 1);
  }

  /** The same call for the last time. */
  finally(): Call {
    return new Call(this.key, this.policy, this.demand, mostRetries);
  }
}
