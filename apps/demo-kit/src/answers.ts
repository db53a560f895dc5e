/** Now, in whole seconds and UTC: `2026-01-01T00:00:00`. */
export function timestamp(): string {
  return new Date().toISOString().slice(0, 19);
}

/**
 * The number that a query parameter gives, whatever shape the framework hands it over in: a text, or a list of texts.
 * `otherwise` if it is absent, `undefined` if it is no decimal number or given more than once.
 */
export function readNumber(parameter: unknown, otherwise: number): number | undefined {
  const [text, ...others] = [parameter].flat();
  if (text === undefined) return otherwise;
  if (others.length > 0 || typeof text !== "string" || !/^-?\d+(\.\d+)?(e[+-]?\d+)?$/i.test(text)) return undefined;
  const number = Number(text);
  return Number.isFinite(number) ? number : undefined;
}
