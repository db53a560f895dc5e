import { setTimeout as sleep } from "node:timers/promises";
import { type Answer, ask } from "./ask.ts";
import { type RunningServer, startServer } from "./child.ts";
import type { LoadRequest } from "./load.ts";
import type { Recorded } from "./recorded.ts";
import type { ServerOrder } from "./subject.ts";

/** What is asked for, and what it must be answered with. */
export interface Question {
  readonly target: string;
  readonly body: string;
}

export interface Conditional {
  readonly request: LoadRequest;
  /** Whether the 304 names the length of what it does not send, as it may. */
  readonly namesLength: boolean;
}

/** A server that was looked at and found to answer as it should. */
export interface Contender {
  readonly name: string;
  readonly server: RunningServer;
  /** In the order of the questions: the answers as they will be under load. */
  readonly answers: readonly Answer[];
  /** A request for which it says 304; `undefined` if it does not know how. */
  readonly conditional: Conditional | undefined;
  /** @throws Error if its handler has run since it was looked at, and it caches */
  checkHits(): Promise<void>;
}

/**
 * Starts a server, asks it everything twice, and sees that its answers are right and, if it caches, that the second
 * ones come out of its cache.
 * @throws Error that says who did what
 */
export async function enter(
  order: ServerOrder,
  questions: readonly Question[],
  core: number | undefined,
): Promise<Contender> {
  const { kind } = order;
  const server = await startServer(order, core);
  const name = kind === "cachette" ? "Cachette" : kind;
  try {
    await askAll(name, server, questions);
    // Some write to their stores only after they have answered.
    await sleep(50);
    const { handled } = await server.state();
    const checkHits = async () => {
      const { handled: now } = await server.state();
      if (kind !== "handler" && now !== handled) throw new Error(`${name} ran its handler for what should be a hit.`);
    };
    const answers = await askAll(name, server, questions);
    const conditional = await conditionalOf(server, questions[0], answers[0]);
    await checkHits();
    return { name, server, answers, conditional, checkHits };
  } catch (error) {
    await server.stop();
    throw error;
  }
}

async function askAll(name: string, { port }: RunningServer, questions: readonly Question[]): Promise<Answer[]> {
  const answers: Answer[] = [];
  for (const { target, body } of questions) {
    const answer = await ask(port, target);
    if (answer.status !== 200 || answer.body !== body) {
      throw new Error(
        `${name} answers ${target} with ${answer.status} and ${JSON.stringify(answer.body.slice(0, 60))}.`,
      );
    }
    answers.push(answer);
  }
  return answers;
}

async function conditionalOf(
  { port }: RunningServer,
  question: Question | undefined,
  answer: Answer | undefined,
): Promise<Conditional | undefined> {
  if (question === undefined || answer?.etag === undefined) return undefined;
  const { status, body, rawFields } = await ask(port, question.target, answer.etag);
  if (status !== 304 || body !== "") return undefined;
  const namesLength = rawFields.some((name, index) => index % 2 === 0 && name.toLowerCase() === "content-length");
  return { request: { target: question.target, etag: answer.etag }, namesLength };
}

export async function stopAll(contenders: Iterable<Contender>): Promise<void> {
  await Promise.all([...contenders].map(({ server }) => server.stop()));
}

/** What Node adds to every answer by itself. */
const added = new Set(["date", "connection", "keep-alive"]);

/** What a cache has answered, for a floor to answer in the same way. */
export async function record({ server, answers }: Contender, questions: readonly Question[]): Promise<Recorded[]> {
  const recorded: Recorded[] = [];
  for (const [index, { target, body }] of questions.entries()) {
    const { rawFields, etag = "" } = answers[index] ?? (await ask(server.port, target));
    const notModified = await ask(server.port, target, etag);
    recorded.push({ target, etag, body, fields: own(rawFields), notModifiedFields: own(notModified.rawFields) });
  }
  return recorded;
}

function own(rawFields: readonly string[]): string[] {
  const isOwn = (index: number) => !added.has(rawFields[index - (index % 2)]?.toLowerCase() ?? "");
  return rawFields.filter((_, index) => isOwn(index));
}
