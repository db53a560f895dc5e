import suite from "http-cache-tests/tests/index.mjs";
import { restated } from "./restated.ts";

/** `required` by the standard; `optimal` for a cache that makes the most of it; `check` is for information only. */
export const kinds = ["required", "optimal", "check"] as const;

export type Kind = (typeof kinds)[number];

export interface TestCase {
  readonly id: string;
  readonly name: string;
  /** `required` when absent. */
  readonly kind?: Kind;
  /** Tests that have to pass for this one to say anything. */
  readonly depends_on?: readonly string[];
  readonly browser_only?: boolean;
  readonly requests: readonly Readonly<Record<string, unknown>>[];
  /** Set to have the exchanges of the test printed. */
  dump?: boolean;
}

export interface Group {
  readonly id: string;
  readonly name: string;
  readonly tests: readonly TestCase[];
}

/** What the suite notes of a test: passed, or the name of an error (`Setup`, `Assertion` or another) and its message. */
export type RawResult = true | readonly [name: string, message: string];

export type RawResults = Readonly<Record<string, RawResult>>;

/** The part of `fetch` that the suite uses. */
export type SuiteFetch = (url: string, init?: SuiteRequest) => Promise<SuiteResponse>;

export interface SuiteRequest {
  readonly method?: string;
  readonly headers?: readonly (readonly [name: string, value: string | number])[];
  readonly body?: string;
}

export interface SuiteResponse {
  readonly status: number;
  readonly statusText: string;
  readonly headers: Headers;
  text(): Promise<string>;
}

/** The groups of tests, without those that only a browser can be put through. */
export const groups: readonly Group[] = suite.map((group) => ({
  id: group.id,
  name: group.name,
  tests: group.tests.filter((test) => test.browser_only !== true),
}));

export const tests: readonly TestCase[] = groups.flatMap((group) => group.tests);

const byId = new Map([...tests, ...restated].map((test) => [test.id, test]));

/** A test of the suite, or a restated one. */
export function testOf(id: string): TestCase {
  const test = byId.get(id);
  if (test === undefined) throw new Error(`The suite has no test "${id}".`);
  return test;
}

export function kindOf(test: TestCase): Kind {
  return test.kind ?? "required";
}
