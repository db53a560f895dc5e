/** A request target without its query. */
export function pathOf(target: string): string {
  const at = target.indexOf("?");
  return at < 0 ? target : target.slice(0, at);
}

/** The query of a request target, with its `?`; empty if there is none. */
export function queryOf(target: string): string {
  return target.slice(pathOf(target).length);
}
