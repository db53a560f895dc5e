import type { Report, Row, Table, Unit } from "./report.ts";

const formats: Record<Unit, (value: number) => string> = {
  "per second": (value) => `${short(value)}/s`,
  ratio: (value) => value.toFixed(2),
  share: (value) => `${(100 * value).toFixed(0)}%`,
  milliseconds: (value) => `${value.toFixed(value < 10 ? 2 : 0)} ms`,
  bytes: (value) => `${value.toFixed(0)} B`,
  count: (value) => (Number.isInteger(value) ? `${value}` : value.toFixed(2)),
};

/** A report for people: Markdown that also reads well as it is. */
export function textOf({ suite, machine, settings, tables, notes }: Report): string {
  const pace = `${settings.rounds} rounds of ${settings.seconds} s${settings.short ? ", the short form" : ""}`;
  const parts = [`# ${suite}\n\n${pace}; ${machine.description}`, ...tables.map(tableText)];
  if (notes.length > 0) parts.push(notes.map((note) => `- ${note}`).join("\n"));
  return `${parts.join("\n\n")}\n`;
}

function tableText({ title, columns, rows }: Table): string {
  const names = Object.keys(columns);
  const lines = [["", ...names], ...rows.map((row) => [row.name, ...names.map((name) => cell(row, name, columns))])];
  const widths = ["", ...names].map((_, index) => Math.max(...lines.map((line) => line[index]?.length ?? 0)));
  const texts = lines.map((line) => {
    const cells = line.map((text, index) => pad(text, widths[index] ?? 0, index));
    return `| ${cells.join(" | ")} |`;
  });
  const rule = widths.map((width, index) => (index === 0 ? "-".repeat(width) : `${"-".repeat(width - 1)}:`));
  texts.splice(1, 0, `| ${rule.join(" | ")} |`);
  return `## ${title}\n\n${texts.join("\n")}`;
}

function cell({ figures }: Row, name: string, columns: Table["columns"]): string {
  const value = figures[name];
  const unit = columns[name];
  return value === undefined || unit === undefined ? "" : formats[unit](value);
}

function pad(text: string, width: number, index: number): string {
  return index === 0 ? text.padEnd(width) : text.padStart(width);
}

/** Three digits and what they are to be multiplied by: `12.3 k`. */
function short(value: number): string {
  const [scaled, unit] = value >= 1e6 ? [value / 1e6, " M"] : value >= 1e3 ? [value / 1e3, " k"] : [value, " "];
  return `${scaled.toPrecision(3).replace(/e\+\d+$/, "")}${unit}`;
}
