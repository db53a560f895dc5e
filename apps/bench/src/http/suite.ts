import { pin } from "../machine.ts";
import type { Findings, Table } from "../report.ts";
import type { Settings } from "../settings.ts";
import { type Contender, enter, type Question, record, stopAll } from "./contender.ts";
import { connections } from "./load.ts";
import type { Recorded } from "./recorded.ts";
import { measureScenario, questionsOf, type Scenario } from "./scenario.ts";
import { type Framework, frameworks, kinds } from "./subject.ts";

function scenarios(short: boolean): Scenario[] {
  const keys = short ? 5 : 1_000;
  return [
    { title: "1 KiB", size: "small", conditional: false, keys: 1 },
    { title: "64 KiB", size: "large", conditional: false, keys: 1 },
    { title: "304", size: "small", conditional: true, keys: 1 },
    { title: `1 KiB, ${keys} keys`, size: "small", conditional: false, keys },
    // The last: what a handler was run for is then no hit that was missed.
    { title: "1 KiB, all misses", size: "small", conditional: false, keys: 1, misses: true },
  ];
}

/** Hits over HTTP, and misses: the floor of each framework, the handler without a cache, Cachette on memory, other caches. */
export async function httpSuite(settings: Settings): Promise<Findings> {
  const { cores, short, wanted } = settings;
  if (cores !== undefined) pin(cores.load);
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
      const able = contenders.filter((contender) => isAble(contender, scenario));
      const unable = contenders.filter((contender) => !able.includes(contender)).map(({ name }) => name);
      if (scenario.conditional && unable.length > 0) {
        notes.push(`${scenario.title}: ${unable.join(", ")} never answers with a 304.`);
      }
      tables.push(await measureScenario(scenario, able, questions, settings));
      if (!scenario.misses) for (const { checkHits } of contenders) await checkHits();
    }
    return tables;
  } finally {
    await stopAll(contenders);
  }
}

/** A floor knows no more than what it was told. */
function isAble({ name, conditional }: Contender, scenario: Scenario): boolean {
  if (scenario.misses) return !name.startsWith("floor");
  return !scenario.conditional || conditional !== undefined;
}

/** Cachette is started before the others: the floors must be told how it answers. */
async function enterAll(
  framework: Framework,
  questions: readonly Question[],
  core: number | undefined,
): Promise<Contender[]> {
  const entered = new Map<string, Contender>();
  const start = async (kind: string, recorded: readonly Recorded[]) => {
    const contender = await enter({ framework, kind, recorded }, questions, core);
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
