declare const setImmediate: ((task: () => void) => unknown) | undefined;

// Taken now: tests that put fake timers in place of the platform's must not stop this.
const immediately: (task: () => void) => unknown =
  typeof setImmediate === "function" ? setImmediate : (task) => setTimeout(task, 0);

/** Lets everything run that waits for nothing but its turn: all promises that are settled, and what follows from them. */
export function turn(): Promise<void> {
  return new Promise((resolve) => {
    immediately(resolve);
  });
}
