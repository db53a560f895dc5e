import type { BackendHarness } from "./harness.ts";
import { Subject } from "./subject.ts";

/** One promise of the contract, and how to see that it is kept. */
export interface BackendCase {
  /** `basic`, `keys`, `values`, `ttl`, `versions`, `views`, `lookUps`, `leases`, `concurrency`, `close`. */
  readonly suite: string;
  /** What the backend does when it is right. */
  readonly name: string;
  /** Whether the promise is one that this backend gives. */
  appliesTo(harness: BackendHarness): boolean;
  /** Rejects when the promise is not kept. */
  run(harness: BackendHarness): Promise<void>;
}

type Body = (subject: Subject) => Promise<void>;

/** The cases of a suite from their names and bodies. */
export function casesOf(
  suite: string,
  bodies: Readonly<Record<string, Body>>,
  appliesTo: BackendCase["appliesTo"] = () => true,
): BackendCase[] {
  return Object.entries(bodies).map(([name, body]) => ({
    suite,
    name,
    appliesTo,
    run: (harness) => body(new Subject(harness)),
  }));
}
