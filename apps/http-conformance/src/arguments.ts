import { parseArgs } from "node:util";
import { type Backend, backends, type Subject, subjects } from "./subject-run.ts";

export interface Arguments {
  readonly subjects: readonly Subject[];
  readonly backends: readonly Backend[];
  /** Where Redis is; given if it is one of the backends. */
  readonly redisUrl: string | undefined;
  /** Tests to be run with their exchanges printed, in place of the whole suite. */
  readonly tests: readonly string[];
  /** Whether the route has no options. */
  readonly plain: boolean;
  readonly update: boolean;
  readonly markdown: boolean;
  /** A file for all that was found. */
  readonly json: string | undefined;
}

export const usage = `conformance [express|fastify|hono|none ...] [options]

Runs the public test suite for HTTP caches against the adapters, each by default, and compares with results.json.
The subject none is the handler without a cache.

  --backend memory|redis  only on this backend; Redis is that of REDIS_URL
  --test <id>             only this test, and print what is said in it; may be repeated
  --plain                 a route without the options in route-options.ts; not compared
  --update                keep what passes now in results.json
  --json <file>           write what became of each test to a file
  --markdown              print tables to paste into a document`;

/** @throws Error that says what is wrong with the arguments */
export function readArguments(args: readonly string[], redisUrl: string | undefined): Arguments {
  const { positionals, values } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      backend: { type: "string", multiple: true, default: [...backends] },
      test: { type: "string", multiple: true, default: [] },
      plain: { type: "boolean", default: false },
      update: { type: "boolean", default: false },
      markdown: { type: "boolean", default: false },
      json: { type: "string" },
    },
  });
  const chosen = values.backend.map((name) => oneOf(backends, name));
  if (chosen.includes("redis") && !redisUrl) throw new Error("On Redis only with REDIS_URL.");
  return {
    subjects: positionals.length > 0 ? positionals.map((name) => oneOf(subjects, name)) : subjects,
    backends: chosen,
    redisUrl,
    tests: values.test,
    plain: values.plain,
    update: values.update,
    markdown: values.markdown,
    json: values.json,
  };
}

function oneOf<Name extends string>(names: readonly Name[], name: string): Name {
  const known = names.find((candidate) => candidate === name);
  if (known === undefined) throw new Error(`"${name}" is none of ${names.join(", ")}.`);
  return known;
}
