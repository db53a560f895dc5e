// How fast hits are: `pnpm bench [rounds]`. Ratios count, not absolute figures: compare within one run only.
import { functionSubjects } from "./functions.ts";
import { measure } from "./rounds.ts";

const rounds = Number(process.argv[2] ?? 7);
if (!(Number.isInteger(rounds) && rounds > 0)) {
  console.error(`The number of rounds must be a whole number above 0, not ${process.argv[2]}.`);
  process.exit(1);
}

const results = await measure(await functionSubjects(), rounds, 200_000);
console.log(`Hits of functions in memory, median of ${rounds} rounds\n`);
for (const { name, perSecond, spread, ratio } of results) {
  const rate = `${(perSecond / 1e6).toFixed(2)} M/s ±${(100 * spread).toFixed(0)}%`;
  console.log(`${name.padEnd(38)} ${rate.padStart(16)}  ${ratio.toFixed(2)}`);
}
