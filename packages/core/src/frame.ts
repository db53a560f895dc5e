import type { Encoded } from "./coders/coder.ts";
import { Entry, type EntryFacts } from "./entry.ts";
import { CachetteError } from "./errors.ts";

// An entry as bytes, for backends that live elsewhere. All numbers are big-endian.
//
//   0  u8 0xCA, u8 0xC4
//   2  u8 format version
//   3  u8 1 = the payload is text (UTF-8), 0 = bytes
//   4  f64 storedAt, f64 freshUntil, f64 expiresAt, f64 mark.seq
//  36  u32 length of meta
//  40  meta: JSON [key, coder, mark.epoch, labels], UTF-8
//   …  payload
const magic = [0xca, 0xc4] as const;
const version = 1;
const headLength = 40;

let encoder: TextEncoder | undefined;
let decoder: TextDecoder | undefined;

/** The bytes of an entry that has a payload. */
export function encodeFrame(entry: Entry): Uint8Array {
  encoder ??= new TextEncoder();
  const meta = encoder.encode(JSON.stringify([entry.key, entry.coder, entry.mark.epoch, entry.labels]));
  const isText = typeof entry.payload === "string";
  const payload = typeof entry.payload === "string" ? encoder.encode(entry.payload) : (entry.payload as Uint8Array);
  const frame = new Uint8Array(headLength + meta.length + payload.length);
  const view = new DataView(frame.buffer);
  frame.set([...magic, version, isText ? 1 : 0]);
  view.setFloat64(4, entry.storedAt);
  view.setFloat64(12, entry.freshUntil);
  view.setFloat64(20, entry.expiresAt);
  view.setFloat64(28, entry.mark.seq);
  view.setUint32(36, meta.length);
  frame.set(meta, headLength);
  frame.set(payload, headLength + meta.length);
  return frame;
}

/** The entry in a frame. Whatever the bytes are: an entry, or a `DECODE_FAILED` error. */
export function decodeFrame(frame: Uint8Array): Entry {
  if (frame.length < headLength || frame[0] !== magic[0] || frame[1] !== magic[1]) throw unreadable("no entry");
  if (frame[2] !== version) throw unreadable(`format version ${frame[2]}, this is version ${version}`);
  decoder ??= new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  const payloadAt = headLength + view.getUint32(36);
  if (payloadAt > frame.length) throw unreadable("cut off");
  try {
    const facts = readFacts(view, JSON.parse(decoder.decode(frame.subarray(headLength, payloadAt))));
    const bytes = frame.subarray(payloadAt);
    const payload: Encoded = frame[3] === 1 ? decoder.decode(bytes) : bytes;
    return new Entry(facts, payload, undefined, payload.length);
  } catch (error) {
    throw unreadable("malformed", error);
  }
}

function readFacts(view: DataView, meta: unknown): EntryFacts {
  if (!Array.isArray(meta)) throw unreadable("meta");
  const [key, coder, epoch, labels] = meta as unknown[];
  if (typeof key !== "string" || typeof coder !== "string" || typeof epoch !== "string") throw unreadable("meta");
  if (!Array.isArray(labels) || !labels.every((label) => typeof label === "string")) throw unreadable("labels");
  return {
    key,
    coder,
    storedAt: view.getFloat64(4),
    freshUntil: view.getFloat64(12),
    expiresAt: view.getFloat64(20),
    mark: { epoch, seq: view.getFloat64(28) },
    labels: labels as string[],
  };
}

function unreadable(what: string, cause?: unknown): CachetteError {
  return new CachetteError({ code: "DECODE_FAILED", message: `Stored bytes are not readable: ${what}`, cause });
}
