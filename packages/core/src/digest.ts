import { toBase64url } from "./base64.ts";
import { sha256 } from "./sha256.ts";

/**
 * The SHA-256 digest in base64url, 43 characters: by the platform's own function where it has one that answers at once,
 * which is five to ten times as fast. Node has one (20.16 and later), and so may others.
 */
export function digestText(bytes: Uint8Array): string {
  // Loaded when first used: many an application never needs it.
  builtin ??= platform.process?.getBuiltinModule?.("node:crypto") ?? {};
  return builtin.hash?.("sha256", bytes, "base64url") ?? toBase64url(sha256(bytes));
}

interface Crypto {
  hash?(algorithm: "sha256", bytes: Uint8Array, encoding: "base64url"): string;
}

let builtin: Crypto | undefined;

const platform = globalThis as { readonly process?: { getBuiltinModule?(name: string): Crypto | undefined } };
