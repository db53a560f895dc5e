import type { Capture, MissTicket, ResponseHead, Verdict } from "../http/index.ts";
import { bytesOf, isChunk } from "./node-response.ts";
import { captureNodeStream, type NodeStream, octetsOf } from "./node-stream.ts";
import { copiedStream } from "./web-body.ts";

/** How a payload must be sent. */
export interface PayloadVerdict extends Verdict {
  /** To be sent in place of the handler's own, unless there is a reply. */
  readonly payload: unknown;
  /** Takes the copy of a payload that comes in pieces, if one is wanted: to be aborted when the client goes away. */
  readonly capture?: Capture | undefined;
}

/**
 * Tells a ticket what a handler has answered by a payload: a text, octets, a stream of Node or of the Web, or nothing. What
 * is none of these is passed on and not stored. A payload that a reply takes the place of is let go of.
 */
export function recordPayload(ticket: MissTicket, head: ResponseHead, payload: unknown): PayloadVerdict {
  if (isNothing(payload) || isChunk(payload) || withoutContent.includes(head.status)) {
    const verdict = ticket.commit(head, withoutContent.includes(head.status) ? nothing : bytesOf(payload));
    if (verdict.reply !== undefined) drop(payload);
    return { ...verdict, payload: verdict.notModified ? null : payload };
  }
  if (!isNodeStream(payload) && !(isWebStream(payload) && !payload.locked)) {
    ticket.abandon();
    return { ...unchanged, payload };
  }
  const { reply, set, capture } = ticket.stream(head);
  if (reply !== undefined) drop(payload);
  if (reply !== undefined || capture === undefined) return { ...unchanged, reply, set, payload };
  return { ...unchanged, set, payload: captured(payload, capture), capture };
}

/** A stream of the same pieces, of which a copy goes to `capture`. */
function captured(stream: NodeStream | ReadableStream<unknown>, capture: Capture): unknown {
  if (isNodeStream(stream)) return captureNodeStream(stream, capture);
  return copiedStream(stream.getReader(), {
    write: (piece: unknown) => capture.write(octetsOf(piece)),
    end: () => capture.end(),
    abort: () => capture.abort(),
  });
}

function drop(payload: unknown): void {
  if (isNodeStream(payload)) {
    payload.on("error", () => {});
    payload.destroy?.();
  } else if (isWebStream(payload)) {
    payload.cancel().catch(() => {});
  }
}

function isNothing(payload: unknown): payload is null | undefined {
  return payload === null || payload === undefined;
}

function isNodeStream(payload: unknown): payload is NodeStream {
  return has(payload, "pipe") && has(payload, "on");
}

function isWebStream(payload: unknown): payload is ReadableStream<unknown> {
  return has(payload, "getReader");
}

function has(payload: unknown, method: string): boolean {
  return typeof payload === "object" && payload !== null && typeof Reflect.get(payload, method) === "function";
}

/** Whatever is sent along with these statuses, it is no content. */
const withoutContent: readonly number[] = [204, 304];

const nothing = new Uint8Array(0);

const unchanged: Verdict = { reply: undefined, set: [], notModified: false, remove: [] };
