import { Agent } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import type { Answer, Demo } from "server-kit";

/** What a demo purges for. */
export const token = "open-sesame";

/** How long the handler of `/slow` takes in these drills, in milliseconds. */
export const slow = 20;

export interface Asked {
  readonly route: Route;
  readonly item: number;
  /** Which process was asked. */
  readonly process: number;
  /** Times of day, in milliseconds. */
  readonly began: number;
  /** Milliseconds to the end of the body. */
  readonly duration: number;
  /** What is wrong with the answer, if anything is. */
  readonly failure: string | undefined;
  /** Whether it says that it is a hit; so does an answer that was shared with the request which made it. */
  readonly hit: boolean;
  /** When the answer was made, cut to seconds. */
  readonly madeAt: number;
}

export interface Purged {
  /** Whether everything was purged, or only the namespace of `/slow`. */
  readonly everything: boolean;
  readonly process: number;
  readonly began: number;
  readonly returned: number;
  /** Whether the answer was that it is done. */
  readonly done: boolean;
}

interface Route {
  readonly name: "slow" | "greeting" | "report";
  /** How long the handler takes, in milliseconds. */
  readonly handler: number;
  readonly path: (item: number) => string;
  readonly headers?: (item: number) => Record<string, string>;
  /** What the body must be, but for the time in it. */
  readonly body: (item: number) => Readonly<Record<string, unknown>>;
}

const routes: readonly Route[] = [
  { name: "slow", handler: slow, path: (item) => `/slow?q=${item}`, body: (q) => ({ q }) },
  {
    name: "greeting",
    handler: 0,
    path: () => "/greeting",
    headers: (item) => ({ "x-user-id": String(item) }),
    body: (item) => ({ language: "en", user: String(item) }),
  },
  { name: "report", handler: 1000, path: (item) => `/report/${item}`, body: (item) => ({ id: String(item) }) },
];

/** Of ten requests, in turn. */
const turns = [0, 0, 1, 0, 0, 1, 0, 0, 1, 2];

/** Milliseconds between two purges; every second one is of everything. More than one, as answers tell whole seconds. */
const purgeEvery = 1_300;

/** Milliseconds between two requests for what is not there. */
const controlEvery = 20;

/** A steady stream of requests to the processes of a demo, with a purge now and then at the first of them. */
export class Traffic {
  readonly asked: Asked[] = [];
  readonly purged: Purged[] = [];
  readonly #demos: readonly Demo[];
  readonly #interval: number;
  /** How many different things each route is asked for: few enough for each to be asked for several times a second. */
  readonly #items: number;
  readonly #agent = new Agent({ keepAlive: true });
  readonly #open = new Set<Promise<void>>();
  #stopped = false;
  #longestControl = 0;
  #loops: Promise<unknown> = Promise.resolve();

  /** `rate`: requests per second, to all processes together. */
  constructor(demos: readonly Demo[], rate: number) {
    this.#demos = demos;
    this.#interval = 1000 / rate;
    this.#items = Math.ceil(rate / 25);
  }

  start(): void {
    this.#loops = Promise.all([this.#request(), this.#control(), this.#purge()]);
  }

  /** Sends nothing more, and waits for what was sent. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#loops;
    await Promise.all(this.#open);
    this.#agent.destroy();
  }

  /**
   * The longest that an answer took for which nothing has to be done: what the machine, which runs all of the processes,
   * adds to every answer. In milliseconds.
   */
  get lag(): number {
    return this.#longestControl;
  }

  /** When the last of the processes first answered from Redis after `time`; `undefined` if one has not done so. */
  storedSince(time: number): number | undefined {
    const since = this.asked.filter(({ began }) => began >= time);
    const firsts = this.#demos.map((_, index) =>
      since.find((each) => each.process === index && isStored(each, this.asked)),
    );
    if (firsts.includes(undefined)) return undefined;
    return Math.max(...firsts.map((first) => (first?.began ?? 0) + (first?.duration ?? 0)));
  }

  async #request(): Promise<void> {
    let next = performance.now();
    for (let count = 0; !this.#stopped; count++) {
      const route = routes[turns[count % turns.length] ?? 0] as Route;
      this.#keep(this.#ask(route, Math.floor(count / turns.length) % this.#items, count % this.#demos.length));
      next += this.#interval;
      await sleep(Math.max(0, next - performance.now()));
    }
  }

  async #ask(route: Route, item: number, process: number): Promise<void> {
    const demo = this.#demos[process] as Demo;
    const began = Date.now();
    const start = performance.now();
    const note = (failure: string | undefined, hit: boolean, madeAt: number) =>
      this.asked.push({ route, item, process, began, duration: performance.now() - start, failure, hit, madeAt });
    try {
      const answer = await demo.ask(route.path(item), { agent: this.#agent, headers: route.headers?.(item) ?? {} });
      const { failure, madeAt } = check(answer, route.body(item));
      note(failure, answer.headers["x-cache"] === "HIT", madeAt);
    } catch (error) {
      note(String(error), false, Number.NaN);
    }
  }

  /** Asks for what is not there, which no cache has to do with. */
  async #control(): Promise<void> {
    for (let count = 0; !this.#stopped; count++) {
      const demo = this.#demos[count % this.#demos.length] as Demo;
      const ask = async () => {
        const { duration } = await demo.ask("/nothing", { agent: this.#agent });
        this.#longestControl = Math.max(this.#longestControl, duration);
      };
      this.#keep(ask().catch(() => {}));
      await sleep(controlEvery);
    }
  }

  async #purge(): Promise<void> {
    for (let everything = false; !this.#stopped; everything = !everything) {
      await sleep(purgeEvery);
      const [demo] = this.#demos as [Demo];
      const began = Date.now();
      const headers = { authorization: `Bearer ${token}` };
      const path = everything ? "/cache/clear" : "/cache/clear?namespace=v1";
      const answer = await demo.ask(path, { method: "DELETE", headers, agent: this.#agent }).catch(() => undefined);
      this.purged.push({ everything, process: 0, began, returned: Date.now(), done: answer?.status === 200 });
    }
  }

  #keep(asking: Promise<void>): void {
    this.#open.add(asking);
    asking.finally(() => this.#open.delete(asking));
  }
}

/** Milliseconds for which an answer is shared after it was made: as long as writing it may take. */
const shared = 250;

/** Whether an answer came from Redis: it says that it is a hit, and no request made it at about that time. */
export function isStored({ began, duration, hit, item, process, route }: Asked, asked: readonly Asked[]): boolean {
  return (
    hit &&
    !asked.some(
      (other) =>
        !other.hit &&
        other.process === process &&
        other.item === item &&
        other.route.name === route.name &&
        other.began <= began + duration &&
        other.began + other.duration + shared >= began,
    )
  );
}

/** What is wrong with an answer, and when it was made. */
function check(
  { body, status }: Answer,
  expected: Readonly<Record<string, unknown>>,
): { failure: string | undefined; madeAt: number } {
  if (status !== 200) return { failure: `status ${status}: ${body.slice(0, 100)}`, madeAt: Number.NaN };
  const { ts, ...rest } = JSON.parse(body);
  const right = JSON.stringify(rest) === JSON.stringify(expected);
  return { failure: right ? undefined : `another body: ${body.slice(0, 100)}`, madeAt: Date.parse(`${ts}Z`) };
}
