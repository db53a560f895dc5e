/** Something that one side waits for and the other makes happen. */
export interface Signal {
  readonly given: Promise<void>;
  give(): void;
}

export function signal(): Signal {
  let give = (): void => {};
  const given = new Promise<void>((resolve) => {
    give = resolve;
  });
  return { given, give: () => give() };
}

/** Waits until `condition` holds, or rejects. */
export async function eventually(condition: () => boolean, what: string): Promise<void> {
  const end = performance.now() + 2000;
  while (!condition()) {
    if (performance.now() > end) throw new Error(`Not so after 2 s: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
