import { check, equal, equalBytes, equalLists } from "../check.ts";
import type { Received } from "./client.ts";

/** Fields that differ from one exchange to the next, or belong to the connection, or have cases of their own. */
const passing = new Set([
  "age",
  "cache-control",
  "cache-status",
  "connection",
  "date",
  "etag",
  "keep-alive",
  "transfer-encoding",
  "x-cache",
]);

/** That a hit is the first answer again: status, fields with all their lines, bytes. */
export function sameAnswer(hit: Received, first: Received): void {
  equal(hit.field("x-cache"), "HIT", "x-cache");
  equal(hit.status, first.status, "status");
  equalLists(lasting(hit), lasting(first), "fields");
  equalBytes(hit.body, first.body, "body");
}

/** The lines that must come back, in an order of their own. */
export function lasting(answer: Received): string[] {
  const chunked = answer.field("transfer-encoding") !== undefined;
  const lines = answer.lines.map(([name, value]) => `${name.toLowerCase()}: ${value}`);
  // A body of unknown length has a known one when it is stored.
  if (chunked) lines.push(`content-length: ${answer.body.length}`);
  return lines.filter((line) => !passing.has(line.slice(0, line.indexOf(":")))).sort();
}

/** That an answer has no body, nor announces one that would be read as such on this connection. */
export function empty(answer: Received): void {
  equal(answer.body.length, 0, "length of the body");
  check(answer.field("transfer-encoding") === undefined, "no transfer-encoding");
}
