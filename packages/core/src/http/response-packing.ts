import { Entry } from "../entry.ts";
import { CachetteError } from "../errors.ts";
import { Memo } from "../memo.ts";
import type { Packing } from "../packing.ts";
import { asciiText, decodeText, encodeText } from "../text.ts";
import { fieldMap, isFieldName, isFieldValue, isStorableField } from "./fields.ts";
import { type Body, lengthOf, type StoredResponse } from "./response.ts";
import { mayBeStale } from "./response-policy.ts";
import { controlIn } from "./targeted.ts";
import type { Variants } from "./vary.ts";

/** What one header line costs beyond its text, once the answer is taken apart to be served. */
const lineOverhead = 64;

/**
 * Answers in entries: the length of the head (u32), the head as JSON `[status, age, [[name, value], …], control, tagged,
 * open]` and a line feed, the body. A backend in this process keeps an answer with a short body as one text, without the
 * length, if all is ASCII: as objects, its fields alone would take several times as much memory.
 */
export const responsePacking: Packing = {
  coder: "http",
  indexCoder: "http-vary",
  mayBeStale: (entry) => ask(entry, (response) => mayBeStale(controlOf(response)), false),
  ageOf: (entry) => ask(entry, ({ age }) => age, 0),
  shared: true,
  pack(value, facts, bytesOnly) {
    const response = value as StoredResponse;
    // What could not be read back is not stored in the first place.
    if (!isStatus(response.status) || !areFields(response.fields)) throw unsendable();
    const { body, fields } = response;
    const head = headOf(response);
    const text = bytesOnly || !ascii.test(head) ? undefined : shortText(body);
    if (text !== undefined) {
      const size = 4 + head.length + text.length + fields.length * lineOverhead;
      // What `+` gives keeps both until it is read, and 50 bytes more for good.
      return new Entry(facts, undefined, [head, text].join(""), size);
    }
    const payload = encode(head, body);
    const size = payload.length + (bytesOnly ? 0 : fields.length * lineOverhead);
    return new Entry(facts, payload, undefined, size);
  },
  unpack: (entry) => (entry.payload === undefined ? fromText(entry.live as string) : decode(entry.payload, entry.key)),
};

/** A longer body is written in a piece of its own: to put it together with the head would cost more than that. */
const longestText = 16_384;

/** Node may write a text together with the head, and both as UTF-8, which is not the coding of other characters there. */
const ascii = /^[ -~\n]*$/;

/** As a text, if it is short and of ASCII alone. */
function shortText(body: Body): string | undefined {
  if (lengthOf(body) > longestText) return undefined;
  return typeof body === "string" ? body : asciiText(body);
}

function fromText(text: string): StoredResponse {
  const bodyAt = text.indexOf("\n") + 1;
  return { ...parseHead(text.slice(0, bodyAt)), body: text.slice(bodyAt) };
}

/** The `Cache-Control`, or what goes before it, by which a stored answer was judged. */
export function controlOf({ control, fields }: StoredResponse): string | undefined {
  return control ?? controlIn(fieldMap(fields));
}

/** What cannot be read is found out when it is to be served. */
function ask<Told>(entry: Entry, question: (response: StoredResponse) => Told, otherwise: Told): Told {
  try {
    return question(responsePacking.unpack(entry) as StoredResponse);
  } catch {
    return otherwise;
  }
}

/** Which request fields the answers under a key vary by; the answers themselves are under keys of their own. */
export const variantsPacking: Packing = {
  coder: "http-vary",
  shared: true,
  pack(value, facts, bytesOnly) {
    const text = JSON.stringify(value);
    return bytesOnly ? new Entry(facts, text, undefined, text.length) : new Entry(facts, undefined, value, text.length);
  },
  unpack: (entry) => (entry.payload === undefined ? entry.live : decodeVariants(entry.payload)),
};

function decodeVariants(payload: unknown): Variants {
  const value: unknown = typeof payload === "string" ? JSON.parse(payload) : undefined;
  if (typeof value !== "object" || value === null) throw unreadable();
  const { names, id } = value as Partial<Variants>;
  if (typeof id !== "string" || !Array.isArray(names) || !names.every(isFieldName)) throw unreadable();
  return { names, id };
}

function headOf({ status, age, fields, control, tagged = false, open = false }: StoredResponse): string {
  return `${JSON.stringify([status, age, fields, control ?? null, tagged, open])}\n`;
}

function encode(text: string, content: Body): Uint8Array {
  const head = encodeText(text);
  const body = typeof content === "string" ? encodeText(content) : content;
  const payload = new Uint8Array(4 + head.length + body.length);
  new DataView(payload.buffer).setUint32(0, head.length);
  payload.set(head, 4);
  payload.set(body, 4 + head.length);
  return payload;
}

/** Whatever the bytes are: an answer that can be written to a socket as it is, or an error. */
function decode(payload: unknown, key: string): StoredResponse {
  if (!(payload instanceof Uint8Array) || payload.length < 4) throw unreadable();
  const { buffer, byteOffset, length } = payload;
  const headLength = uint32In(payload);
  const bodyAt = 4 + headLength;
  if (bodyAt > length) throw unreadable();
  const head = headIn(decodeText(new Uint8Array(buffer, byteOffset + 4, headLength)), key);
  return { ...head, body: new Uint8Array(buffer, byteOffset + bodyAt, length - bodyAt) };
}

/** The number in the first four octets. By hand, as it takes eight times as long to make a view for it. */
function uint32In(bytes: Uint8Array): number {
  let number = 0;
  for (let index = 0; index < 4; index++) number = number * 256 + (bytes[index] as number);
  return number;
}

type Head = Omit<StoredResponse, "body">;

/**
 * The heads read of late, and which was last read under a key. As a rule it is still the same, which is sooner seen than a
 * head is found by its text, and that sooner than it is parsed.
 */
const heads = new Memo<string, KnownHead>(2_000);
const headsByKey = new Memo<string, KnownHead>(2_000);
const longestHead = 1_000;

interface KnownHead {
  readonly text: string;
  readonly head: Head;
}

function headIn(text: string, key: string): Head {
  const last = headsByKey.get(key);
  if (last?.text === text) return last.head;
  const known = heads.get(text) ?? { text, head: parseHead(text) };
  if (text.length <= longestHead) {
    heads.set(text, known);
    headsByKey.set(key, known);
  }
  return known.head;
}

function parseHead(text: string): Head {
  const head: unknown = JSON.parse(text);
  if (!Array.isArray(head)) throw unreadable();
  const [status, age, fields, control = null, tagged = false, open = false] = head as unknown[];
  if (!isStatus(status) || !isAge(age) || !areFields(fields)) throw unreadable();
  if ((control !== null && typeof control !== "string") || typeof tagged !== "boolean") throw unreadable();
  if (typeof open !== "boolean") throw unreadable();
  return {
    status,
    age,
    fields,
    ...(control !== null && { control }),
    ...(tagged && { tagged }),
    ...(open && { open }),
  };
}

function isStatus(status: unknown): status is number {
  return Number.isInteger(status) && (status as number) >= 200 && (status as number) <= 599;
}

function isAge(age: unknown): age is number {
  return Number.isFinite(age) && (age as number) >= 0;
}

function areFields(fields: unknown): fields is StoredResponse["fields"] {
  return Array.isArray(fields) && fields.every(isLine);
}

function isLine(line: unknown): line is [string, string] {
  return Array.isArray(line) && line.length === 2 && isStorableName(line[0]) && isFieldValue(line[1]);
}

/** Names found to be right; there are few in any application. */
const names = new Memo<unknown, true>(1_000);

/** A field that was never stored, such as a second `Content-Length`, would make the reply mean two things. */
function isStorableName(name: unknown): boolean {
  if (names.has(name)) return true;
  if (!isFieldName(name) || !isStorableField(name.toLowerCase())) return false;
  names.set(name, true);
  return true;
}

function unsendable(): CachetteError {
  return new CachetteError({ code: "ENCODE_UNSUPPORTED", message: "This answer has fields that cannot be sent" });
}

function unreadable(): CachetteError {
  return new CachetteError({ code: "DECODE_FAILED", message: "Stored bytes are not an answer" });
}
