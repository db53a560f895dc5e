/** Makes a value an own property like any other, whatever the object has or inherits under the name. */
export function setOwn(target: object, name: PropertyKey, value: unknown, enumerable: boolean = true): void {
  Object.defineProperty(target, name, { value, writable: true, enumerable, configurable: true });
}
