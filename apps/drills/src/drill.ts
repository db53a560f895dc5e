/** One row of the table: what was looked at, what came of it, and whether that is as promised. */
export interface Finding {
  /** Under which circumstances, such as `"cluster, seed 2"`. */
  readonly where: string;
  /** What has to hold. */
  readonly invariant: string;
  /** What was seen, with figures. */
  readonly seen: string;
  readonly holds: boolean;
}

export interface Circumstances {
  /** Whether time is no object: minutes instead of seconds. */
  readonly long: boolean;
  /** What all randomness grows from. */
  readonly seed: number;
  /** Whether to build a fault into the cache, which the drill has to find: then it must fail. */
  readonly plant: boolean;
}

/** Starts what it needs, injects a fault, says what it found, and leaves nothing behind. */
export interface Drill {
  readonly name: string;
  /** In one line, for the list. */
  readonly about: string;
  run(circumstances: Circumstances): Promise<readonly Finding[]>;
}

/** What a part of a drill found; one that breaks off has found something too. */
export async function attempt(where: string, part: () => Promise<readonly Finding[]>): Promise<readonly Finding[]> {
  try {
    return await part();
  } catch (error) {
    const seen = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return [{ where, invariant: "the drill runs to its end", seen, holds: false }];
  }
}
