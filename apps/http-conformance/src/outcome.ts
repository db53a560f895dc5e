import { outdated, outOfScope } from "./scope.ts";
import { type Kind, kindOf, type RawResults, type TestCase, testOf, tests } from "./suite.ts";

/** A test that is `undetermined` says nothing: its preparation failed, or a test that it depends on. */
export type State = "pass" | "fail" | "undetermined";

export interface Outcome {
  readonly id: string;
  readonly kind: Kind;
  readonly state: State;
  /** Why it did not pass. */
  readonly message?: string;
  /** Whether it says something about a cache inside an application. */
  readonly inScope: boolean;
  /** Whether it asks for what RFC 9111 has settled otherwise, or for what cannot be. */
  readonly outdated: boolean;
}

/** What became of each test, by the suite's own rules. A `check` that passes is a yes, one that fails a no. */
export function outcomesOf(results: RawResults): readonly Outcome[] {
  return tests.map((test) => {
    const { id } = test;
    return {
      id,
      kind: kindOf(test),
      ...judge(test, results),
      inScope: !outOfScope.has(id),
      outdated: outdated.has(id),
    };
  });
}

function judge(test: TestCase, results: RawResults): Pick<Outcome, "state" | "message"> {
  const result = results[test.id];
  if (result === undefined) return { state: "undetermined", message: "not run" };
  const missing = (test.depends_on ?? []).find((id) => judge(testOf(id), results).state !== "pass");
  if (missing !== undefined) return { state: "undetermined", message: `depends on ${missing}` };
  if (result === true) return { state: "pass" };
  const [name, message] = result;
  if (name === "Setup") return { state: "undetermined", message };
  return { state: "fail", message: name === "Assertion" ? message : `${name}: ${message}` };
}
