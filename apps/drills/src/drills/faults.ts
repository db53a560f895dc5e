import { type Framework, frameworks } from "server-kit";
import { attempt, type Drill, type Finding } from "../drill.ts";
import { faults as all, type Fault } from "../faults/fault.ts";
import { type TrialOptions, trial } from "../faults/trial.ts";

const short: TrialOptions = { rate: 50, duration: 3_000, before: 1_000 };
const long: TrialOptions = { rate: 200, duration: 10_000, before: 3_000 };

/** Each demo under load, while its Redis goes through all that can happen to it. */
export const faults: Drill = {
  name: "faults",
  about:
    "demos under load, Redis killed, silent, slow, full, read-only, loading, failing over: all is answered, nothing old",

  async run(circumstances) {
    if (circumstances.long) {
      const findings: Finding[] = [];
      for (const fault of all) {
        for (const framework of frameworks) findings.push(...(await tried(framework, fault, long)));
      }
      return findings;
    }
    // Each fault with one of the frameworks, and the frameworks beside each other: mostly they wait.
    const lanes = frameworks.map((framework, lane) => {
      const own = all.filter(
        (_, index) => index % frameworks.length === (lane + circumstances.seed) % frameworks.length,
      );
      return inTurn(framework, own);
    });
    return (await Promise.all(lanes)).flat();
  },
};

async function inTurn(framework: Framework, own: readonly Fault[]): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  for (const fault of own) findings.push(...(await tried(framework, fault, short)));
  return findings;
}

function tried(framework: Framework, fault: Fault, options: TrialOptions): Promise<readonly Finding[]> {
  return attempt(`${framework}, ${fault.name}`, async () => [await trial(framework, fault, options)]);
}
