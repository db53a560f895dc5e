import type { Clock } from "@cachette/core";

/** What a call is about: its key, its labels, or nothing. */
export type FaultySubject = string | readonly string[] | undefined;

export interface FaultOptions {
  /** Which calls are affected, by their key or labels. All by default. */
  readonly when?: (subject: FaultySubject) => boolean;
  /** How many calls are affected before the fault goes away by itself. All by default. */
  readonly times?: number;
  /**
   * What becomes of the call itself. `"lost"`, the default: the backend does not hear of it before the answer is due,
   * if ever. `"done"`: the backend carries it out at once, and only the answer is affected, as when a connection breaks
   * before the reply arrives.
   */
  readonly call?: "lost" | "done";
}

/** The faults of one operation, or of all. A new fault takes the place of the one before. */
export interface FaultControl {
  /** Rejects, or throws where the backend would have answered at once. */
  fail(error?: unknown, options?: FaultOptions): void;
  /** Answers so many milliseconds late. */
  delay(milliseconds: number, options?: FaultOptions): void;
  /** Never answers, unless `release` is called. */
  hang(options?: FaultOptions): void;
  /** Lets those calls go on that `hang` holds, in their order. Later ones hang as before, unless it was healed. */
  release(): void;
  /** From now on nothing is wrong any more. Calls that hang go on hanging. */
  heal(): void;
}

export interface OperationFaults extends FaultControl {
  /** How many calls were made, those that failed or hang included. */
  readonly calls: number;
}

type Call<T> = () => T | Promise<T>;

interface Fault {
  readonly options: FaultOptions;
  left: number;
  apply<T>(call: Call<T>): T | Promise<T>;
}

/** One operation of a faulty backend. */
export class Operation implements OperationFaults {
  calls = 0;
  readonly #name: string;
  readonly #clock: Clock;
  /** Whether every answer is a promise. */
  readonly #remote: boolean;
  readonly #held: (() => void)[] = [];
  #fault: Fault | undefined;

  constructor(name: string, clock: Clock, remote: boolean) {
    this.#name = name;
    this.#clock = clock;
    this.#remote = remote;
  }

  get faulty(): boolean {
    return this.#fault !== undefined && this.#fault.left > 0;
  }

  run<T>(subject: FaultySubject, call: Call<T>): T | Promise<T> {
    this.calls++;
    const fault = this.#fault;
    if (fault === undefined || fault.left <= 0 || fault.options.when?.(subject) === false) {
      return this.#remote ? Promise.resolve().then(call) : call();
    }
    fault.left--;
    return fault.apply(call);
  }

  fail(error: unknown = new Error(`${this.#name} failed, as the test wants it`), options: FaultOptions = {}): void {
    this.#set(options, (call) => {
      if (options.call !== "done") return this.#throw(error);
      const answer = call();
      return answer instanceof Promise ? answer.then(() => Promise.reject(error)) : this.#throw(error);
    });
  }

  delay(milliseconds: number, options: FaultOptions = {}): void {
    this.#set(options, (call) => {
      const answer = begun(call, options);
      return new Promise((resolve) => {
        this.#clock.after(milliseconds, () => resolve(answer()));
      });
    });
  }

  hang(options: FaultOptions = {}): void {
    this.#set(options, (call) => {
      const answer = begun(call, options);
      return new Promise((resolve) => {
        this.#held.push(() => resolve(answer()));
      });
    });
  }

  release(): void {
    for (const goOn of this.#held.splice(0)) goOn();
  }

  heal(): void {
    this.#fault = undefined;
  }

  #set(options: FaultOptions, apply: Fault["apply"]): void {
    this.#fault = { options, left: options.times ?? Number.POSITIVE_INFINITY, apply };
  }

  #throw(error: unknown): Promise<never> {
    if (this.#remote) return Promise.reject(error);
    throw error;
  }
}

/** The answer to a call: one that is made now, or only when the answer is asked for. Never throws at once. */
function begun<T>(call: Call<T>, options: FaultOptions): () => Promise<T> {
  const make = async () => call();
  if (options.call !== "done") return make;
  const answer = make();
  answer.catch(() => {});
  return () => answer;
}

/** One control that moves all operations. */
export function allOf(operations: readonly Operation[]): FaultControl {
  const each = (action: (operation: Operation) => void) => {
    for (const operation of operations) action(operation);
  };
  return {
    fail: (error, options) => each((operation) => operation.fail(error, options)),
    delay: (milliseconds, options) => each((operation) => operation.delay(milliseconds, options)),
    hang: (options) => each((operation) => operation.hang(options)),
    release: () => each((operation) => operation.release()),
    heal: () => each((operation) => operation.heal()),
  };
}
