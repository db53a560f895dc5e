/** Something to be timed: runs a hit `times` over. */
export interface Subject {
  readonly name: string;
  run(times: number): Promise<void> | void;
}

export interface Result {
  readonly name: string;
  /** Operations a second, the median of all rounds. */
  readonly perSecond: number;
  /** Half the range of all rounds, as a share of the median. */
  readonly spread: number;
  /** The median of the ratios to the first subject, round by round. */
  readonly ratio: number;
}

/**
 * Times the subjects in turn, round after round, so that whatever else the machine does meets all of them alike. The
 * first subject is the floor that the others are compared with.
 */
export async function measure(subjects: readonly Subject[], rounds: number, times: number): Promise<Result[]> {
  const rates = subjects.map((): number[] => []);
  for (const subject of subjects) await subject.run(times);
  for (let round = 0; round < rounds; round++) {
    for (const [index, subject] of subjects.entries()) {
      const start = performance.now();
      await subject.run(times);
      rates[index]?.push((1000 * times) / (performance.now() - start));
    }
  }
  return subjects.map(({ name }, index) => {
    const own = rates[index] ?? [];
    const perSecond = median(own);
    const ratios = own.map((rate, round) => rate / (rates[0]?.[round] ?? Number.NaN));
    return { name, perSecond, spread: (Math.max(...own) - Math.min(...own)) / 2 / perSecond, ratio: median(ratios) };
  });
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((left, right) => left - right);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
