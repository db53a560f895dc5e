import { median } from "../median.ts";
import { rateTable, type Table } from "../report.ts";
import { measure, ratioTo, type Subject } from "../rounds.ts";
import type { Settings } from "../settings.ts";
import { bodyText, type Size, sizes, targetOf } from "./body.ts";
import type { Contender, Question } from "./contender.ts";
import type { Load } from "./load.ts";
import { loadGenerator } from "./load-generator.ts";

/** Names and what is asked for under them. */
export interface Scenario {
  readonly title: string;
  readonly size: Size;
  readonly conditional: boolean;
  readonly keys: number;
  /** Nothing is asked for twice, so that nobody has it. */
  readonly misses?: boolean;
}

/** Everything that is asked for in any of the scenarios, once. */
export function questionsOf(chosen: readonly Scenario[]): Question[] {
  const all = chosen.flatMap(({ size, keys }) => Array.from({ length: keys }, (_, key) => ({ size, key: `${key}` })));
  const questions = all.map(({ size, key }) => ({ target: targetOf(size, key), body: bodyText(size, key) }));
  return [...new Map(questions.map((question) => [question.target, question])).values()];
}

/** What a turn took of the server. */
interface Turn {
  /** Its share of its core. */
  readonly busy: number;
  /** Answers for each second of processor time: what hardly changes when others are using the machine too. */
  readonly perCpuSecond: number;
}

/** Puts load on all of them in turn. */
export async function measureScenario(
  { title, size, conditional, keys, misses = false }: Scenario,
  contenders: readonly Contender[],
  questions: readonly Question[],
  settings: Settings,
): Promise<Table> {
  const namesLength = conditional && contenders.some((contender) => contender.conditional?.namesLength === true);
  const generator = loadGenerator(settings.cores?.load, !settings.short && !namesLength && !misses);
  const requests = misses ? () => ({ target: targetOf(size, `new-${asked++}`) }) : requestsOf(size, keys);
  const turns = new Map<string, Turn[]>();
  const subjectOf = (name: string, contender: Contender, asks: boolean): Subject => {
    const load: Load = {
      port: contender.server.port,
      requests: contender.conditional && asks ? [contender.conditional.request] : requests,
      status: asks ? 304 : 200,
      bytes: asks ? 0 : sizes[size],
      chunked: !asks && isChunked(contender, questions, targetOf(size, "0")),
    };
    const own: Turn[] = [];
    turns.set(name, own);
    return {
      name,
      async measure(seconds) {
        const { cpu } = await contender.server.state();
        const start = performance.now();
        const { answers, perSecond } = await generator.run(load, seconds);
        const elapsed = (performance.now() - start) / 1_000;
        const used = (await contender.server.state()).cpu - cpu;
        own.push({ busy: used / elapsed, perCpuSecond: answers / used });
        return perSecond;
      },
    };
  };
  const subjects = contenders.map((contender) => subjectOf(contender.name, contender, conditional));
  // To see what it takes to say that nothing has changed, beside saying it all again.
  const own = contenders.find(({ name }) => name === "Cachette");
  if (conditional && own !== undefined) subjects.push(subjectOf("Cachette, the whole answer", own, false));
  const table = rateTable(`${title}, load by ${generator.name}`, await measure(subjects, settings));
  // The first turn was to warm up.
  const costs = table.rows.map(({ name }) => (turns.get(name) ?? []).slice(1));
  const rates = costs.map((own) => ({ rates: own.map(({ perCpuSecond }) => perCpuSecond) }));
  const rows = table.rows.map((row, index) => {
    const busy = median((costs[index] ?? []).map((turn) => turn.busy));
    return {
      ...row,
      figures: { ...row.figures, "ratio by cpu": ratioTo(rates[0], rates[index] ?? { rates: [] }), busy },
    };
  });
  return { ...table, columns: { ...table.columns, "ratio by cpu": "ratio", busy: "share" }, rows };
}

/** In this process. */
let asked = 0;

function requestsOf(size: Size, keys: number): { target: string }[] {
  return Array.from({ length: keys }, (_, key) => ({ target: targetOf(size, `${key}`) }));
}

function isChunked({ answers }: Contender, questions: readonly Question[], target: string): boolean {
  return answers[questions.findIndex((question) => question.target === target)]?.chunked ?? false;
}
