/**
 * Gives the first value that came by a name to all who come later with the same: copies would take memory, and would have
 * to be compared. Forgets them all when there are more than `most`.
 */
export function sharing<Value>(most: number): (name: string, value: Value) => Value {
  const known = new Map<string, Value>();
  return (name, value) => {
    const first = known.get(name);
    if (first !== undefined) return first;
    if (known.size >= most) known.clear();
    known.set(name, value);
    return value;
  };
}
