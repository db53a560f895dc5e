import type { Finding } from "./drill.ts";

/** Rows for a terminal: what was looked at and what was seen, a mark in front. */
export function table(findings: readonly Finding[]): string {
  const where = width(findings.map((finding) => finding.where));
  const invariant = width(findings.map((finding) => finding.invariant));
  return findings
    .map((finding) => {
      const mark = finding.holds ? "✓" : "✗";
      return `  ${mark} ${finding.where.padEnd(where)}  ${finding.invariant.padEnd(invariant)}  ${finding.seen}`;
    })
    .join("\n");
}

function width(texts: readonly string[]): number {
  return Math.max(0, ...texts.map((text) => text.length));
}
