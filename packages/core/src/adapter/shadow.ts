import { setOwn } from "./set-own.ts";

/**
 * How a property is to be read and written while it is shadowed. Nothing is set without `set`. A class for the reason that
 * `Visit` is one.
 */
export class Shadow {
  readonly get: (name: PropertyKey) => unknown;
  readonly set: ((value: unknown, name: PropertyKey) => void) | undefined;
  readonly enumerable: boolean;

  constructor(
    get: (name: PropertyKey) => unknown,
    set?: (value: unknown, name: PropertyKey) => void,
    enumerable: boolean = false,
  ) {
    this.get = get;
    this.set = set;
    this.enumerable = enumerable;
  }
}

/** A value in the place of a property, which can be written. */
export function held(value: unknown, enumerable: boolean = false): Shadow {
  const get = () => value;
  const set = (given: unknown) => {
    value = given;
  };
  return new Shadow(get, set, enumerable);
}

/**
 * Puts an own property before what an object has under a name, be it its own or inherited. Gives the way back, after
 * which the object answers as if it had never been shadowed.
 *
 * What was put before something inherited stays as a door to it, and is never deleted: V8 gives an object that a property
 * was deleted from a slower form, and all code that has met one such object, that of Node and the framework too, is
 * slower from then on for every other. For the same reason all doors of a name are the same functions, and what they are
 * to do is kept on the object.
 */
export function shadow(target: object, name: PropertyKey, property: Shadow): () => void {
  const before = Object.getOwnPropertyDescriptor(target, name);
  const shadows = shadowsOf(target);
  shadows.properties ??= new Map();
  const { properties } = shadows;
  const behind = properties.get(name);
  properties.set(name, property);
  const door = doorTo(name);
  const stands = before?.get === door.get;
  if (!stands) Object.defineProperty(target, name, property.enumerable ? { ...door, enumerable: true } : door);
  return () => {
    if (behind !== undefined) properties.set(name, behind);
    else properties.delete(name);
    if (!stands && before !== undefined) Object.defineProperty(target, name, before);
  };
}

/**
 * The same under many names that the object has no own properties of, other than doors that were left: at a fraction of
 * the cost, as they have one `Shadow` together.
 */
export function shadowAll(target: object, names: readonly string[], property: Shadow): () => void {
  if (names.length === 0) return () => {};
  const shadows = shadowsOf(target);
  const group = new Group(names, property, shadows.groups);
  shadows.groups = group;
  for (const name of names) Object.defineProperty(target, name, doorTo(name));
  return () => {
    if (shadows.groups === group) shadows.groups = group.next;
    // Another watch has begun in the meantime, and goes on.
    for (let at = shadows.groups; at !== undefined; at = at.next) if (at.next === group) at.next = group.next;
  };
}

/**
 * Puts a value in place of another. Where the object can be given it, be it through an inherited setter that keeps what
 * it is given, it stays in the form it has. Gives the way back.
 */
export function exchange(target: object, name: PropertyKey, value: unknown): () => void {
  const own = Object.getOwnPropertyDescriptor(target, name);
  const takes = own === undefined ? inheritedSetter(target, name) !== undefined : own.writable === true;
  if (!takes) return shadow(target, name, held(value, own?.enumerable));
  const before: unknown = Reflect.get(target, name);
  Reflect.set(target, name, value);
  return () => {
    Reflect.set(target, name, before);
  };
}

/** The own property as whoever put it there has described it, be it with `shadow`; none where only a door is left. */
export function ownProperty(target: object, name: PropertyKey): PropertyDescriptor | undefined {
  const own = Object.getOwnPropertyDescriptor(target, name);
  if (own?.get === undefined || own.get !== doors.get(name)?.get) return own;
  const property = shadowsOf(target).of(name);
  if (property === undefined) return undefined;
  const { get, set, enumerable } = property;
  const descriptor: PropertyDescriptor = { get: () => get(name), enumerable, configurable: true };
  return set === undefined ? descriptor : { ...descriptor, set: (value) => set(value, name) };
}

/** What is called when something is assigned that is not the object's own. */
export function inheritedSetter(target: object, name: PropertyKey): ((value: unknown) => void) | undefined {
  for (let at = Object.getPrototypeOf(target); at !== null; at = Object.getPrototypeOf(at)) {
    const property = Object.getOwnPropertyDescriptor(at, name);
    // A door is none of its own: there may be something behind it.
    const isDoor = property?.set !== undefined && property.set === doors.get(name)?.set;
    if (property !== undefined && !isDoor) return property.set;
  }
  return undefined;
}

/** What an object would answer if it had no own property of the name. `receiver`: whoever is asked, if it is an heir. */
export function inheritedValue(target: object, name: PropertyKey, receiver: object = target): unknown {
  for (let at = Object.getPrototypeOf(target); at !== null; at = Object.getPrototypeOf(at)) {
    // A door looks at the receiver for what it is to do: it must be the one that has it.
    if (Object.hasOwn(at, name)) return Reflect.get(at, name, Object.hasOwn(at, shadowing) ? at : receiver);
  }
  return undefined;
}

/**
 * Makes one way back of several: the last first, as each puts back what was there when it came. `undefined`: nothing was
 * changed. Not of a list, which would be a literal as a rule.
 */
export function together(...undos: ((() => void) | undefined)[]): () => void {
  return () => {
    for (const undo of undos.toReversed()) undo?.();
  };
}

/** What is shadowed of an object. A class for the reason that `Visit` is one. */
class Shadows {
  /** Who they belong to: others may inherit from it. */
  readonly target: object;
  properties: Map<PropertyKey, Shadow> | undefined;
  groups: Group | undefined;

  constructor(target: object) {
    this.target = target;
  }

  of(name: PropertyKey): Shadow | undefined {
    const single = this.properties?.get(name);
    if (single !== undefined) return single;
    for (let group = this.groups; group !== undefined; group = group.next) {
      if (group.names.includes(name as string)) return group.property;
    }
    return undefined;
  }
}

/** Names that are shadowed by one and the same, and what was shadowed before. */
class Group {
  readonly names: readonly string[];
  readonly property: Shadow;
  next: Group | undefined;

  constructor(names: readonly string[], property: Shadow, next: Group | undefined) {
    this.names = names;
    this.property = property;
    this.next = next;
  }
}

const shadowing = Symbol("cachette.shadows");

interface Shadowed {
  [shadowing]?: Shadows;
}

function shadowsOf(target: object & Shadowed): Shadows {
  if (target[shadowing]?.target !== target) {
    Object.defineProperty(target, shadowing, { value: new Shadows(target) });
  }
  return target[shadowing] as Shadows;
}

type Door = PropertyDescriptor & Required<Pick<PropertyDescriptor, "get" | "set">>;

/** By name, of which there are few. */
const doors = new Map<PropertyKey, Door>();

function doorTo(name: PropertyKey): Door {
  let door = doors.get(name);
  if (door === undefined) {
    door = {
      enumerable: false,
      configurable: true,
      get(this: Required<Shadowed>): unknown {
        const shadows = this[shadowing];
        const property = shadows.of(name);
        if (property !== undefined) return property.get(name);
        return inheritedValue(shadows.target, name, this);
      },
      set(this: Required<Shadowed>, value: unknown): void {
        const shadows = this[shadowing];
        const property = shadows.of(name);
        const inherited = property === undefined ? inheritedSetter(shadows.target, name) : undefined;
        if (property !== undefined) property.set?.(value, name);
        else if (inherited !== undefined) inherited.call(this, value);
        else setOwn(this, name, value);
      },
    };
    doors.set(name, door);
  }
  return door;
}
