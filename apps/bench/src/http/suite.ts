import { pinSelf } from "../machine.ts";
import { median } from "../median.ts";
import { type Findings, rateTable, type Table } from "../report.ts";
import { measure, ratioTo, type Subject } from "../rounds.ts";
import type { Settings } from "../settings.ts";
import { bodyText, type Size, sizes, targetOf } from "./body.ts";
import { type Contender, enter, type Question, record } from "./contender.ts";
import { connections, type Load } from "./load.ts";
import { loadGenerator } from "./load-generator.ts";
import type { Recorded } from "./recorded.ts";
import { type Framework, frameworks, kinds } from "./subject.ts";

/** Names and what is asked for under them. */
interface Scenario {
  readonly title: string;
  readonly size: Size;
  readonly conditional: boolean;
  readonly keys: number;
}

function scenarios(short: boolean): Scenario[] {
  const keys = short ? 5 : 1_000;
  return [
    { title: "1 KiB", size: "small", conditional: false, keys: 1 },
    { title: "64 KiB", size: "large", conditional: false, keys: 1 },
    { title: "304", size: "small", conditional: true, keys: 1 },
    { title: `1 KiB, ${keys} keys`, size: "small", conditional: false, keys },
  ];
}

/** Hits over HTTP: the floor of each framework, the handler without a cache, Cachette on memory, other caches. */
export async function httpSuite(settings: Settings): Promise<Findings> {
  const { cores, short, wanted } = settings;
  if (cores !== undefined) pinSelf(cores.load);
  const tables: Table[] = [];
  const notes = [`${connections} connections. busy: the server's share of its core while it was measured.`];
  for (const framework of frameworks) {
    const titled = scenarios(short).map((scenario) => ({ ...scenario, title: `${framework}, ${scenario.title}` }));
    const chosen = titled.filter(({ title }) => wanted(title));
    if (chosen.length > 0) tables.push(...(await measureFramework(framework, chosen, settings, notes)));
  }
  return { tables, notes };
}

async function measureFramework(
  framework: Framework,
  chosen: readonly Scenario[],
  settings: Settings,
  notes: string[],
): Promise<Table[]> {
  const questions = questionsOf(chosen);
  const contenders = await enterAll(framework, questions, settings.cores?.measured);
  try {
    const tables: Table[] = [];
    for (const scenario of chosen) {
      const able = contenders.filter(({ conditional }) => !scenario.conditional || conditional !== undefined);
      const unable = contenders.filter((contender) => !able.includes(contender)).map(({ name }) => name);
      if (unable.length > 0) notes.push(`${scenario.title}: ${unable.join(", ")} never answers with a 304.`);
      tables.push(await measureScenario(scenario, able, questions, settings));
    }
    for (const { checkHits } of contenders) await checkHits();
    return tables;
  } finally {
    await stopAll(contenders);
  }
}

/** Everything that is asked for in any of the scenarios, once. */
function questionsOf(chosen: readonly Scenario[]): Question[] {
  const all = chosen.flatMap(({ size, keys }) => Array.from({ length: keys }, (_, key) => ({ size, key: `${key}` })));
  const questions = all.map(({ size, key }) => ({ target: targetOf(size, key), body: bodyText(size, key) }));
  return [...new Map(questions.map((question) => [question.target, question])).values()];
}

/** Cachette is started before the others: the floors must be told how it answers. */
async function enterAll(
  framework: Framework,
  questions: readonly Question[],
  core: number | undefined,
): Promise<Contender[]> {
  const entered = new Map<string, Contender>();
  const start = async (kind: string, recorded: readonly Recorded[]) => {
    const contender = await enter(framework, kind, questions, recorded, core);
    entered.set(kind, contender);
    return contender;
  };
  try {
    const recorded = await record(await start("cachette", []), questions);
    const others = kinds[framework].filter((kind) => kind !== "cachette");
    const starts = others.map((kind) => start(kind, kind.startsWith("floor") ? recorded : []));
    const failed = (await Promise.allSettled(starts)).find((settled) => settled.status === "rejected");
    if (failed) throw failed.reason;
  } catch (error) {
    await stopAll(entered.values());
    throw error;
  }
  return kinds[framework].flatMap((kind) => entered.get(kind) ?? []);
}

async function stopAll(contenders: Iterable<Contender>): Promise<void> {
  await Promise.all([...contenders].map(({ server }) => server.stop()));
}

/** What a turn took of the server. */
interface Turn {
  /** Its share of its core. */
  readonly busy: number;
  /** Answers for each second of processor time: what hardly changes when others are using the machine too. */
  readonly perCpuSecond: number;
}

async function measureScenario(
  { title, size, conditional, keys }: Scenario,
  contenders: readonly Contender[],
  questions: readonly Question[],
  settings: Settings,
): Promise<Table> {
  const namesLength = conditional && contenders.some((contender) => contender.conditional?.namesLength);
  const generator = loadGenerator(settings.cores?.load, settings.short, namesLength);
  const turns = new Map<string, Turn[]>();
  const subjectOf = (name: string, contender: Contender, asks: boolean): Subject => {
    const load: Load = {
      port: contender.server.port,
      requests: contender.conditional && asks ? [contender.conditional.request] : requestsOf(size, keys),
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

function requestsOf(size: Size, keys: number): { target: string }[] {
  return Array.from({ length: keys }, (_, key) => ({ target: targetOf(size, `${key}`) }));
}

function isChunked({ answers }: Contender, questions: readonly Question[], target: string): boolean {
  return answers[questions.findIndex((question) => question.target === target)]?.chunked ?? false;
}
