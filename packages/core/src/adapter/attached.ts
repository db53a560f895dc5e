import type { InputWatch } from "../http/index.ts";
import { setOwn } from "./set-own.ts";
import { inheritedSetter, inheritedValue, ownProperty, Shadow, shadow, shadowAll, together } from "./shadow.ts";
import { watchedRecord } from "./watched-record.ts";

/** Where parsers of cookies put them: read by their names, as far as they can be. */
const cookieJars: ReadonlySet<PropertyKey> = new Set(["cookies", "signedCookies"]);

/**
 * Watches what middleware has attached to an object under names that mean a person, or will attach while the watch
 * stands. Values, and what is set, are as without it. What cannot be watched, as the object or the property is closed to
 * changes, counts as read. Gives the way back.
 */
export function watchAttached(target: object, watch: InputWatch): () => void {
  return watchSome(target, watch.identity, watch);
}

/** The same for what is there already, on what few attach anything to; nothing if it is no object. */
export function watchPresent(target: unknown, watch: InputWatch): () => void {
  if (typeof target !== "object" || target === null) return () => {};
  return watchSome(
    target,
    watch.identity.filter((name) => name in target),
    watch,
  );
}

function watchSome(target: object, names: readonly string[], watch: InputWatch): () => void {
  const own = names.filter((name) => Object.hasOwn(target, name));
  if (own.length === 0) return watchNames(target, names, watch);
  const others = names.filter((name) => !own.includes(name));
  return together(watchNames(target, others, watch), ...own.map((name) => watchOwn(target, name, watch)));
}

/** Names that the object has no own properties of. */
function watchNames(target: object, names: readonly string[], watch: InputWatch): () => void {
  if (!Object.isExtensible(target)) return countAsRead(names, watch);
  let written: Map<PropertyKey, unknown> | undefined;
  const read = (name: PropertyKey): unknown => {
    return written?.has(name) ? written.get(name) : inheritedValue(target, name);
  };
  const write = (value: unknown, name: PropertyKey): void => {
    const set = inheritedSetter(target, name);
    if (set !== undefined) {
      set.call(target, value);
      return;
    }
    written ??= new Map();
    written.set(name, value);
  };
  const undo = shadowAll(target, names, new Shadow(telling(read, watch), write));
  return () => {
    undo();
    for (const [name, value] of written ?? []) setOwn(target, name, value);
  };
}

function watchOwn(target: object, name: string, watch: InputWatch): () => void {
  const own = ownProperty(target, name);
  // A door that was left.
  if (own === undefined) return watchNames(target, [name], watch);
  if (own.configurable === false) return countAsRead([name], watch);
  let { value } = own;
  const isValue = own.get === undefined && own.set === undefined;
  const read = (): unknown => (isValue ? value : own.get?.call(target));
  const write = (given: unknown): void => {
    if (!isValue) own.set?.call(target, given);
    else if (own.writable === true) value = given;
  };
  const undo = shadow(target, name, new Shadow(telling(read, watch), write, own.enumerable));
  return () => {
    undo();
    if (isValue && !Object.is(value, own.value)) setOwn(target, name, value, own.enumerable === true);
  };
}

function countAsRead(names: readonly string[], watch: InputWatch): () => void {
  for (const name of names) watch.attached(name);
  return () => {};
}

/** Reads, and tells of it. */
function telling(read: (name: PropertyKey) => unknown, watch: InputWatch): (name: PropertyKey) => unknown {
  let view: ((cookies: object) => object) | undefined;
  return (name) => {
    const value = read(name);
    if (cookieJars.has(name) && typeof value === "object" && value !== null) {
      view ??= watchedJar(watch);
      return view(value);
    }
    watch.attached(String(name));
    return value;
  };
}

/** Cookies that tell by their names which are read; the same view for the same cookies. */
function watchedJar(watch: InputWatch): (cookies: object) => object {
  const views = new WeakMap<object, object>();
  return (cookies) => {
    let view = views.get(cookies);
    if (view === undefined) {
      view = watchedRecord(
        cookies,
        (name) => watch.cookie(name),
        () => watch.field("cookie"),
      );
      views.set(cookies, view);
    }
    return view;
  };
}
