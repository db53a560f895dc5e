/**
 * Puts an own property before what an object has under a name, be it its own or inherited. Gives the way back.
 *
 * Accessors are the same functions on all objects, and what they are to do is kept on the object: with functions of its
 * own each object would have a shape of its own, and all code that meets it, that of Node and the framework too, would
 * be slower from then on for those that were never touched.
 */
export function shadow(target: object, name: PropertyKey, property: PropertyDescriptor): () => void {
  const before = Object.getOwnPropertyDescriptor(target, name);
  if (property.get === undefined) {
    Object.defineProperty(target, name, { ...property, configurable: true });
    return () => putBack(target, name, before);
  }
  const shadows = shadowsOf(target);
  const behind = shadows.get(name);
  shadows.set(name, property);
  const { enumerable = false } = property;
  Object.defineProperty(target, name, { ...accessorOf(name), enumerable, configurable: true });
  return () => {
    putBack(target, name, before);
    if (behind !== undefined) shadows.set(name, behind);
    else if (shadows.delete(name) && shadows.size === 0) Reflect.deleteProperty(target, shadowing);
  };
}

/** The own property as whoever put it there has described it, be it with `shadow`. */
export function ownProperty(target: object, name: PropertyKey): PropertyDescriptor | undefined {
  const own = Object.getOwnPropertyDescriptor(target, name);
  return own?.get === undefined || own.get !== accessors.get(name)?.get ? own : shadowsOf(target).get(name);
}

/** Makes one way back of several: the last first, as that leaves objects in the shapes they came from. */
export function together(undos: readonly (() => void)[]): () => void {
  return () => {
    for (const undo of undos.toReversed()) undo();
  };
}

type Shadows = Map<PropertyKey, PropertyDescriptor>;

const shadowing = Symbol("cachette.shadows");

function shadowsOf(target: object & { [shadowing]?: Shadows }): Shadows {
  if (target[shadowing] === undefined || !Object.hasOwn(target, shadowing)) {
    Object.defineProperty(target, shadowing, { value: new Map(), configurable: true });
  }
  return target[shadowing] as Shadows;
}

const accessors = new Map<PropertyKey, Required<Pick<PropertyDescriptor, "get" | "set">>>();

/** By name, of which there are few. `this` may be something that inherits from the object. */
function accessorOf(name: PropertyKey): Required<Pick<PropertyDescriptor, "get" | "set">> {
  let accessor = accessors.get(name);
  if (accessor === undefined) {
    accessor = {
      get(this: { [shadowing]?: Shadows }): unknown {
        return this[shadowing]?.get(name)?.get?.call(this);
      },
      set(this: { [shadowing]?: Shadows }, value: unknown): void {
        this[shadowing]?.get(name)?.set?.call(this, value);
      },
    };
    accessors.set(name, accessor);
  }
  return accessor;
}

function putBack(target: object, name: PropertyKey, before: PropertyDescriptor | undefined): void {
  if (before === undefined) Reflect.deleteProperty(target, name);
  else Object.defineProperty(target, name, before);
}
