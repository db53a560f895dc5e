import type { InputWatch } from "../http/index.ts";
import { inheritedSetter, ownProperty, Shadow, shadow, together } from "./shadow.ts";
import { watchedRecord } from "./watched-record.ts";

/** Where parsers of cookies put them: read by their names, as far as they can be. */
const cookieJars: ReadonlySet<string> = new Set(["cookies", "signedCookies"]);

/**
 * Watches what middleware has attached to an object under names that mean a person, or will attach while the watch
 * stands. Values, and what is set, are as without it. Gives the way back.
 */
export function watchAttached(target: object, watch: InputWatch): () => void {
  return together(...watch.identity.map((name) => watchName(target, name, watch)));
}

/** The same for what is there already, on what few attach anything to; nothing if it is no object. */
export function watchPresent(target: unknown, watch: InputWatch): () => void {
  if (typeof target !== "object" || target === null) return () => {};
  const present = watch.identity.filter((name) => name in target);
  return together(...present.map((name) => watchName(target, name, watch)));
}

function watchName(target: object, name: string, watch: InputWatch): () => void {
  const own = ownProperty(target, name);
  if (own?.configurable === false) return () => {};
  const jar = cookieJars.has(name) ? watchedJar(watch) : undefined;
  // What is inherited may be computed by an accessor, which is to be asked as before.
  const inherited = () => Object.getPrototypeOf(target) as object | null;
  let held: { value: unknown } | undefined;

  function read(): unknown {
    if (held !== undefined) return held.value;
    if (own !== undefined) return own.get === undefined ? own.value : own.get.call(target);
    const prototype = inherited();
    return prototype === null ? undefined : Reflect.get(prototype, name, target);
  }

  function write(value: unknown): void {
    const set = own === undefined ? inheritedSetter(target, name) : own.set;
    if (set === undefined) held = { value };
    else set.call(target, value);
  }

  function tell(): unknown {
    const value = read();
    if (jar !== undefined && typeof value === "object" && value !== null) return jar(value);
    watch.attached(name);
    return value;
  }

  const undo = shadow(target, name, new Shadow(tell, write, own?.enumerable));
  return () => {
    undo();
    if (held === undefined) return;
    const enumerable = own?.enumerable ?? true;
    Object.defineProperty(target, name, { value: held.value, writable: true, enumerable, configurable: true });
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
