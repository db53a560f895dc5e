import { canonical } from "../canonical.ts";
import { checkObject } from "../checks.ts";
import { describe, invalidOption } from "../errors.ts";
import { parseDirectives } from "./directives.ts";
import type { RequestView } from "./request-view.ts";

/** Whose answers a route makes. */
export interface PrivateOptions {
  /** Who a request is from. `undefined` or an empty text: nobody in particular, and then the cache is not asked. */
  readonly by: (request: RequestView) => string | undefined;
}

/** Request fields that say who somebody is: where the key holds an identity, it holds what they tell. */
export const identityFields: readonly string[] = ["cookie", "authorization"];

/** The identities in the keys of one route. */
export class Identity {
  readonly #by: PrivateOptions["by"];

  /** @throws CachetteError `OPTION_INVALID` */
  constructor(options: PrivateOptions) {
    checkObject("private", options, ["by"]);
    if (typeof options.by !== "function") {
      throw invalidOption("private.by", "a function that gives who a request is from", options.by);
    }
    this.#by = options.by;
  }

  /**
   * What joins the key: ` @by="42"`. No field name begins with `@`, so it is taken for nothing else. `undefined` without
   * an identity.
   * @throws what `by` throws, and if it gives anything but a text
   */
  markOf(request: RequestView): string | undefined {
    const by: unknown = this.#by(request);
    if (by === undefined || by === "") return undefined;
    if (typeof by !== "string") throw new TypeError(`private.by gave ${describe(by)} in place of a text`);
    return ` @by=${canonical(by)}`;
  }
}

/**
 * A `Cache-Control` as somebody's own answer has it: `private` first, `public` not at all, the rest as it was. The very
 * same one if it says so already.
 */
export function privateControl(control: string): string {
  const directives = parseDirectives(control);
  if (directives.get("private")?.includes("") === true && !directives.has("public")) return control;
  const members = ["private"];
  for (const [name, values] of directives) {
    if (name === "private" || name === "public") continue;
    for (const value of values) members.push(value === "" ? name : `${name}=${argument(value)}`);
  }
  return members.join(", ");
}

function argument(value: string): string {
  return /^[!#$%&'*+\-.^_`|~\w]+$/.test(value) ? value : `"${value.replace(/["\\]/g, "\\$&")}"`;
}
