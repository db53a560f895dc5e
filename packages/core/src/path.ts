/** One step into a value: a property, an index, or the n-th key or value of a Map or Set. */
export type Step = string | number | { readonly of: "keys" | "values"; readonly index: number };

const identifier = /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u;

const longestStep = 40;
const longestPath = 160;

/** Where in a value something is, as one would write it in code: `arguments[1].user`, `value.users.values()[0]["a b"]`. */
export function pathOf(root: string, steps: readonly Step[]): string {
  let path = root;
  for (const step of steps) {
    path += textOf(step);
    if (path.length > longestPath) return `${path.slice(0, longestPath)}…`;
  }
  return path;
}

function textOf(step: Step): string {
  if (typeof step === "number") return `[${step}]`;
  if (typeof step !== "string") return `.${step.of}()[${step.index}]`;
  const name = step.length > longestStep ? `${step.slice(0, longestStep)}…` : step;
  return identifier.test(name) ? `.${name}` : `[${JSON.stringify(name)}]`;
}
