import { createHash, timingSafeEqual } from "node:crypto";

/** Whether an `Authorization` field carries `token`. How long the comparison takes says nothing about the token. */
export function bearer(authorization: string | undefined, token: string): boolean {
  const given = /^Bearer +(\S+)$/i.exec(authorization ?? "")?.[1] ?? "";
  return timingSafeEqual(digest(given), digest(token));
}

/** Of one length whatever the text, as `timingSafeEqual` wants it. */
function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
