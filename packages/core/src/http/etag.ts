import { toBase64url } from "../base64.ts";
import { sha256 } from "../sha256.ts";

/** A strong entity tag made from the content alone: the same in every process, and after every restart. */
export function contentTag(body: Uint8Array): string {
  return `"${toBase64url(sha256(body).subarray(0, 18))}"`;
}
