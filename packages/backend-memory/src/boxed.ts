import type { BackendSetOptions, Keepable } from "@cachette/core";
import { divide } from "./sieve.ts";

const inside: unique symbol = Symbol("cachette.inside");

/** A value that does not know its own key, or that somebody else keeps already, in a box that can be kept. */
export class Boxed implements Keepable {
  readonly [inside]: object;
  readonly head: string;
  readonly tail: string;
  readonly size: number;
  readonly expiresAt: number;
  keeper: unknown = undefined;
  read = false;
  newer: Keepable | undefined = undefined;
  older: Keepable | undefined = undefined;

  constructor(key: string, value: object, { size, expiresAt }: BackendSetOptions) {
    const at = divide(key);
    this[inside] = value;
    this.head = key.slice(0, at);
    this.tail = key.slice(at);
    this.size = Math.max(1, Math.ceil(size));
    this.expiresAt = expiresAt;
  }
}

/** The value as it can be kept: itself, where it is made for that. */
export function boxed(key: string, value: object, options: BackendSetOptions): Keepable {
  return isKeepable(value) && fits(value, key, options) ? value : new Boxed(key, value, options);
}

/** Told by the box's own property, which nothing else here has: to ask for the class takes a walk along prototypes. */
export function unboxed(kept: (Keepable & { readonly [inside]?: object }) | undefined): object | undefined {
  return kept?.[inside] ?? kept;
}

function isKeepable(value: object): value is Keepable {
  return "keeper" in value && "newer" in value && "older" in value && "read" in value && "tail" in value;
}

function fits({ keeper, head, tail, size, expiresAt }: Keepable, key: string, options: BackendSetOptions): boolean {
  if (keeper !== undefined || size !== options.size || expiresAt !== options.expiresAt) return false;
  return Number.isInteger(size) && size > 0 && head.length === divide(key) && head + tail === key;
}
