import { canonical } from "./canonical.ts";
import { CachetteError } from "./errors.ts";
import { isPromise } from "./promise.ts";

/** A call of a cached function, as a key builder sees it. */
export interface FunctionCall<Arguments extends readonly unknown[] = readonly unknown[]> {
  readonly name: string;
  readonly arguments: Arguments;
}

/**
 * Makes the tail of a key. The library owns prefix and namespace, so clearing works whatever a builder does. `tail()`
 * gives the default tail, or what the builder before has made of it: extend it with `joinKey`, or make another. Two
 * inputs that must not share an entry must not share a tail.
 */
export type KeyBuilder<Input, Tail extends string | Promise<string> = string | Promise<string>> = (
  input: Input,
  tail: () => string,
) => Tail;

/** Adds `parts` to a tail so that different parts never give the same key: `joinKey(tail(), "de", undefined)`. */
export function joinKey(tail: string, ...parts: readonly unknown[]): string {
  return [tail, ...parts.map((part, index) => canonical(part, `parts[${index}]`))].join("|");
}

/** One builder out of several: the tail of each is what the one before has made. */
export function composeKeyBuilders<Input>(...builders: readonly KeyBuilder<Input>[]): KeyBuilder<Input> {
  return (input, tail) => {
    let made: string | Promise<string> | undefined;
    for (const build of builders) {
      const before = made;
      if (before === undefined) made = buildTail(build, input, tail);
      else if (isPromise(before)) made = before.then((settled) => buildTail(build, input, () => settled));
      else made = buildTail(build, input, () => before);
    }
    return made ?? tail();
  };
}

/** @throws CachetteError `KEY_INVALID` if a builder gave anything but a text that is not empty */
export function checkedTail(tail: unknown): string {
  if (typeof tail === "string" && tail !== "") return tail;
  throw new CachetteError({ code: "KEY_INVALID", expected: "a text that is not empty", received: tail });
}

/** Applies a builder, if there is one, and checks what it gave. */
export function buildTail<Input>(
  build: KeyBuilder<Input> | undefined,
  input: Input,
  tail: () => string,
): string | Promise<string> {
  if (build === undefined) return tail();
  const made = build(input, tail);
  return isPromise(made) ? made.then(checkedTail) : checkedTail(made);
}
