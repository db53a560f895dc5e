import { type IncomingHttpHeaders, type IncomingMessage, request } from "node:http";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";

/** What a handler was asked. */
export interface Question {
  readonly method: string;
  /** Path and query, as they came. */
  readonly target: string;
  readonly fields: Readonly<IncomingHttpHeaders>;
  readonly body: AsyncIterable<Uint8Array> | undefined;
}

/** What the origin said to it, without the fields that end at the next hop. */
export interface OriginAnswer {
  readonly status: number;
  /** By name, as it was written; several lines of one field are kept apart. */
  readonly fields: ReadonlyMap<string, string | string[]>;
  /** `undefined` where the status has none. */
  readonly body: Readable | undefined;
}

/**
 * Carries a status that no framework takes, such as the 999 by which the origin says that it should have been asked
 * with a condition. To the framework it is a server's error, as any status that makes no sense (RFC 9110 15).
 */
export const originStatus = "x-origin-status";

/** RFC 9110 7.6.1 */
const hopByHop = ["connection", "keep-alive", "proxy-connection", "te", "transfer-encoding", "upgrade"];

const withoutBody = new Set([204, 205, 304]);

/**
 * Hands a question on to the origin, as a handler that is a proxy does. Content passes as it is, whatever its encoding.
 * Each question has a connection of its own: one that is kept open may be closed by the origin just when it is used.
 *
 * Rejects when the origin gives no answer.
 */
export async function askOrigin(origin: string, question: Question): Promise<OriginAnswer> {
  const { method, target, body } = question;
  const headers = { ...question.fields };
  for (const name of [...hopByHop, ...listed(headers.connection), "host"]) delete headers[name];
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    const asked = request(`${origin}${target}`, { method, headers, agent: false }, resolve);
    asked.on("error", reject);
    if (body === undefined) asked.end();
    else pipeline(body, asked).catch(reject);
  });
  return { ...statusAndFields(answer), body: bodyOf(method, answer) };
}

function statusAndFields(answer: IncomingMessage): Pick<OriginAnswer, "status" | "fields"> {
  const { statusCode = 500 } = answer;
  const fields = new Map<string, string | string[]>();
  const dropped = new Set([...hopByHop, ...listed(answer.headers.connection)]);
  for (const [name, values] of linesOf(answer)) {
    const [only, ...others] = values;
    if (only !== undefined && !dropped.has(name.toLowerCase())) fields.set(name, others.length > 0 ? values : only);
  }
  if (statusCode < 600) return { status: statusCode, fields };
  return { status: 598, fields: fields.set(originStatus, String(statusCode)) };
}

/** The lines of each field, under the name as the origin wrote it. */
function linesOf({ rawHeaders }: IncomingMessage): Map<string, string[]> {
  const lines = new Map<string, string[]>();
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] ?? "";
    lines.set(name, [...(lines.get(name) ?? []), rawHeaders[index + 1] ?? ""]);
  }
  return lines;
}

function bodyOf(method: string, answer: IncomingMessage): Readable | undefined {
  if (method !== "HEAD" && !withoutBody.has(answer.statusCode ?? 0)) return answer;
  answer.resume();
  return undefined;
}

function listed(field: string | undefined): string[] {
  return (field ?? "")
    .toLowerCase()
    .split(/[\s,]+/)
    .filter(Boolean);
}
