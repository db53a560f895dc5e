/** Puts an own property before what an object has under a name, be it its own or inherited. Gives the way back. */
export function shadow(target: object, name: PropertyKey, property: PropertyDescriptor): () => void {
  const before = Object.getOwnPropertyDescriptor(target, name);
  Object.defineProperty(target, name, { ...property, configurable: true });
  return () => {
    if (before === undefined) Reflect.deleteProperty(target, name);
    else Object.defineProperty(target, name, before);
  };
}
