import { toBase64url } from "../base64.ts";
import { digest } from "../digest.ts";

/** A strong entity tag made from the content alone: the same in every process, and after every restart. */
export function contentTag(body: Uint8Array): string {
  return `"${toBase64url(digest(body).subarray(0, 18))}"`;
}
