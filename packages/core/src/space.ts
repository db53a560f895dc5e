import { bounded } from "./bounded.ts";
import { invalidOption } from "./errors.ts";
import { everything, namespaceLabel } from "./labels.ts";
import { Memo } from "./memo.ts";

/** How many namespaces are remembered with their key head; more than that are worked out anew. */
const mostSpaces = 1000;

/** Where keys of one namespace live: the part before the tail, and the labels that all entries there carry. */
export interface Space {
  readonly namespace: string | undefined;
  /** `prefix:namespace:`, escaped. */
  readonly head: string;
  readonly labels: readonly string[];
}

/**
 * The spaces of one cache. A full key is `prefix:namespace:tail`, with an empty namespace where there is none. As
 * prefix and namespace cannot hold a bare colon, no two different triples give the same key.
 */
export class Spaces {
  readonly #prefix: string;
  readonly #spaces = new Memo<string | undefined, Space>(mostSpaces);

  constructor(prefix: string) {
    this.#prefix = escapeSegment(prefix);
  }

  /** What the keys of all spaces begin with. */
  get head(): string {
    return `${this.#prefix}:`;
  }

  /** The space of a namespace that was asked for before. */
  known(namespace: string): Space | undefined {
    return this.#spaces.get(namespace);
  }

  /** @throws CachetteError `OPTION_INVALID` if `namespace` is no text or an empty one */
  of(namespace: string | undefined): Space {
    const known = this.#spaces.get(namespace);
    if (known !== undefined) return known;
    if (namespace !== undefined && (typeof namespace !== "string" || namespace === "")) {
      throw invalidOption("namespace", "a text that is not empty", namespace);
    }
    const space: Space = {
      namespace,
      head: sharedHead(`${this.#prefix}:${namespace === undefined ? "" : bounded(escapeSegment(namespace))}:`),
      labels: namespace === undefined ? [everything] : [everything, namespaceLabel(namespace)],
    };
    this.#spaces.set(namespace, space);
    return space;
  }
}

const heads = new Memo<string, string>(mostSpaces);

/** The very same text for a space and all its entries. */
export function sharedHead(head: string): string {
  return heads.first(head, head);
}

/** The full key of `tail`. */
export function fullKey(space: Space, tail: string): string {
  return space.head + keyTail(tail);
}

/**
 * How a full key ends, behind its namespace. `text` itself if it is that: a part of a text would hold on to the whole, and
 * look-ups compare faster what is the very same.
 */
export function tailOf(key: string, text?: string): string {
  const at = key.indexOf(":", key.indexOf(":") + 1) + 1;
  return text !== undefined && at + text.length === key.length && key.endsWith(text) ? text : key.slice(at);
}

/** What stands behind the head in the full key of `tail`. */
export function keyTail(tail: string): string {
  return bounded(tail);
}

/** Percent-encodes what has a meaning in keys: the separator, the escape itself, a cluster's hash tag, white space. */
function escapeSegment(segment: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters would garble a listing of keys
  return segment.replace(/[%:{}\s\u0000-\u001f\u007f]/g, (character) => encodeURIComponent(character));
}
