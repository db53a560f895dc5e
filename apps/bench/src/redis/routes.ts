import { type Contender, enter, stopAll } from "../http/contender.ts";
import { measureScenario, questionsOf, type Scenario } from "../http/scenario.ts";
import type { Table } from "../report.ts";
import type { Settings } from "../settings.ts";

/** Beside a handler that asks Redis by itself. */
const kinds = ["ioredis by hand", "cachette"];

/** Hits of a route that come from Redis, over HTTP: a server has its core to itself, Redis and the load the other. */
export async function measureRoutes(title: string, url: string, keys: number, settings: Settings): Promise<Table> {
  const scenario: Scenario = { title, size: "small", conditional: false, keys };
  const questions = questionsOf([scenario]);
  const contenders: Contender[] = [];
  try {
    for (const kind of kinds) {
      const order = { framework: "fastify", kind, recorded: [], redis: url } as const;
      contenders.push(await enter(order, questions, settings.cores?.measured));
    }
    const table = await measureScenario(scenario, contenders, questions, settings);
    for (const { checkHits } of contenders) await checkHits();
    return table;
  } finally {
    await stopAll(contenders);
  }
}
