/**
 * Where an array has items: `"dense"` if everywhere, else the indices in order. `undefined` if the array has other
 * properties too, such as the `index` of a match of a regular expression.
 */
export function indicesOf(array: readonly unknown[]): "dense" | number[] | undefined {
  const keys = Object.keys(array);
  const { length } = array;
  // Indices come first and in order: if there are as many keys as items and the last key is an index, all are.
  if (keys.length === length && (length === 0 || keys[length - 1] === `${length - 1}`)) return "dense";
  const indices: number[] = [];
  for (const key of keys) {
    const index = Number(key) >>> 0;
    if (`${index}` !== key || index >= length) return undefined;
    indices.push(index);
  }
  return indices;
}
