import type { Mark } from "./backend.ts";
import type { Encoded } from "./coders/coder.ts";
import { Entry, type EntryFacts } from "./entry.ts";
import { CachetteError } from "./errors.ts";
import { Memo } from "./memo.ts";
import { decodeText, encodeText } from "./text.ts";

// An entry as bytes, for backends that live elsewhere. All numbers are big-endian.
//
//   0  u8 0xCA, u8 0xC4
//   2  u8 format version
//   3  u8 1 = the payload is text (UTF-8), 0 = bytes
//   4  f64 storedAt, f64 freshUntil, f64 staleUntil, f64 errorUntil, f64 expiresAt, f64 mark.seq
//  52  u32 loadTime, u32 length of meta, u32 length of the payload
//  64  meta: JSON [key, coder, mark.epoch, labels], UTF-8
//   …  payload
const magic = [0xca, 0xc4] as const;
const version = 2;
const headLength = 64;
const longestLoadTime = 0xffff_ffff;

/** @throws CachetteError `ENCODE_UNSUPPORTED` for a text that UTF-8 cannot hold */
export function encodeFrame(entry: Entry): Uint8Array {
  const meta = encodeText(JSON.stringify([entry.key, entry.coder, entry.mark.epoch, entry.labels]));
  const text = typeof entry.payload === "string" ? entry.payload : undefined;
  const payload = text === undefined ? (entry.payload as Uint8Array) : utf8Of(text);
  const frame = new Uint8Array(headLength + meta.length + payload.length);
  const view = new DataView(frame.buffer);
  frame.set([...magic, version, text === undefined ? 0 : 1]);
  view.setFloat64(4, entry.storedAt);
  view.setFloat64(12, entry.freshUntil);
  view.setFloat64(20, entry.staleUntil);
  view.setFloat64(28, entry.errorUntil);
  view.setFloat64(36, entry.expiresAt);
  view.setFloat64(44, entry.mark.seq);
  view.setUint32(52, Math.min(entry.loadTime, longestLoadTime));
  view.setUint32(56, meta.length);
  view.setUint32(60, payload.length);
  frame.set(meta, headLength);
  frame.set(payload, headLength + meta.length);
  return frame;
}

/**
 * The entry in a frame. Whatever the bytes are: an entry, or a `DECODE_FAILED` error. `key`: what it was found under. The
 * entry's own may be another, but is most often the same, and then sooner compared than read.
 */
export function decodeFrame(frame: Uint8Array, key = ""): Entry {
  const view = headOf(frame);
  const payloadAt = headLength + view.getUint32(56);
  if (payloadAt + view.getUint32(60) !== frame.length) throw unreadable("of another length than it says");
  try {
    const facts = readFacts(view, readMeta(metaIn(frame, payloadAt), key));
    // Of the same class as the frame, which coders may rely on.
    const bytes = frame.subarray(payloadAt);
    const payload: Encoded = frame[3] === 1 ? decodeText(bytes) : bytes;
    return new Entry(facts, payload, undefined);
  } catch (error) {
    throw unreadable("malformed", error);
  }
}

/** The mark in the first bytes of a frame; `undefined` if they are not those of a frame, or not enough. */
export function markOfFrame(start: Uint8Array): Mark | undefined {
  try {
    const view = headOf(start);
    const end = headLength + view.getUint32(56);
    if (end > start.length) return undefined;
    const { epoch } = checkMeta(JSON.parse(metaIn(start, end)));
    return { epoch, seq: view.getFloat64(44) };
  } catch {
    return undefined;
  }
}

const lastHead = new Uint8Array(headLength);
const lastHeadView = new DataView(lastHead.buffer);

/** The part of a frame that is of the same length in all; to be read before the next is asked for. */
function headOf(frame: Uint8Array): DataView {
  if (!ArrayBuffer.isView(frame)) throw unreadable("no bytes");
  if (frame.length < headLength || frame[0] !== magic[0] || frame[1] !== magic[1]) throw unreadable("no entry");
  if (frame[2] !== version) throw unreadable(`format version ${frame[2]}, this is version ${version}`);
  // A copy in one and the same place, as to make a view of each takes twice as long.
  for (let index = 0; index < headLength; index++) lastHead[index] = frame[index] as number;
  return lastHeadView;
}

/** What lies between the head and `end`. */
function metaIn({ buffer, byteOffset }: Uint8Array, end: number): string {
  // A view on the buffer itself, as those that a `Buffer` gives take several times as long to make.
  return decodeText(new Uint8Array(buffer, byteOffset + headLength, end - headLength));
}

type Meta = Pick<EntryFacts, "key" | "coder" | "labels"> & { readonly epoch: string };

/**
 * What comes after the key in the metas read of late. It is the same for all entries of one use, as long as the clock
 * keeps its epoch, and they then share one list of labels, too.
 */
const tails = new Memo<string, Omit<Meta, "key">>(500);
/** The last of them: as a rule the next is the same, and two texts are sooner compared than one is looked up. */
let last: { readonly tail: string; readonly meta: Omit<Meta, "key"> } | undefined;
const longestTail = 1_000;

function metaBehind(tail: string): Omit<Meta, "key"> | undefined {
  if (last?.tail === tail) return last.meta;
  const meta = tails.get(tail);
  if (meta !== undefined) last = { tail, meta };
  return meta;
}

function readMeta(text: string, key: string): Meta {
  // A key that JSON writes in another way is not met as it is, and a backslash in one would be taken for an escape.
  const tail = text.startsWith(key, 2) && !key.includes("\\") ? text.slice(2 + key.length) : "";
  const known = tail.startsWith('",') && text.startsWith('["') ? metaBehind(tail) : undefined;
  if (known !== undefined) return { key, coder: known.coder, epoch: known.epoch, labels: known.labels };
  const meta = checkMeta(JSON.parse(text));
  if (meta.key === key && tail !== "" && tail.length <= longestTail) tails.set(tail, meta);
  return meta;
}

function checkMeta(meta: unknown): Meta {
  if (!Array.isArray(meta)) throw unreadable("meta");
  const [key, coder, epoch, labels] = meta as unknown[];
  if (typeof key !== "string" || typeof coder !== "string" || typeof epoch !== "string") throw unreadable("meta");
  if (!Array.isArray(labels) || !labels.every((label) => typeof label === "string")) throw unreadable("labels");
  return { key, coder, epoch, labels };
}

function readFacts(view: DataView, { key, coder, epoch, labels }: Meta): EntryFacts {
  const storedAt = view.getFloat64(4);
  const freshUntil = view.getFloat64(12);
  const staleUntil = view.getFloat64(20);
  const errorUntil = view.getFloat64(28);
  const expiresAt = view.getFloat64(36);
  const seq = view.getFloat64(44);
  // What is not a number is not past either: it would be fresh for ever.
  if (!(storedAt <= freshUntil && freshUntil <= staleUntil && staleUntil <= expiresAt)) throw unreadable("times");
  if (!(errorUntil >= freshUntil && errorUntil <= expiresAt)) throw unreadable("times");
  if (!(Number.isSafeInteger(seq) && seq >= 0)) throw unreadable("mark");
  const mark = { epoch, seq };
  return {
    key,
    coder,
    storedAt,
    loadTime: view.getUint32(52),
    freshUntil,
    staleUntil,
    errorUntil,
    expiresAt,
    mark,
    labels,
  };
}

/** Halves of surrogate pairs would turn into U+FFFD in silence. */
function utf8Of(text: string): Uint8Array {
  if (/[\ud800-\udfff]/u.test(text)) {
    throw new CachetteError({ code: "ENCODE_UNSUPPORTED", expected: "text without halves of surrogate pairs" });
  }
  return encodeText(text);
}

function unreadable(what: string, cause?: unknown): CachetteError {
  return new CachetteError({ code: "DECODE_FAILED", message: `Stored bytes are not readable: ${what}`, cause });
}
