import { randomBytes } from "node:crypto";
import { fail } from "./fail.ts";
import { type RedisAddress, readRedisAddress } from "./redis-address.ts";

export interface Settings {
  readonly host: string;
  /** 0 lets the system choose. */
  readonly port: number;
  /** `undefined`: no Redis. */
  readonly redis: RedisAddress | undefined;
  /** What a purge must bring as its bearer token. */
  readonly purgeToken: string;
  /** Whether `purgeToken` was made up for this run, and may be shown. */
  readonly madeUp: boolean;
  /** How long the handler of `/slow` takes, in milliseconds. */
  readonly slow: number;
}

/**
 * Reads `PORT`, `HOST`, `REDIS_URL`, `PURGE_TOKEN` and `SLOW_MS`; empty counts as absent. Ends the process if one makes
 * no sense.
 */
export function readSettings(): Settings {
  const { HOST, PORT, PURGE_TOKEN, REDIS_URL, SLOW_MS } = process.env;
  return {
    host: HOST || "127.0.0.1",
    port: readPort(PORT || "8000"),
    redis: REDIS_URL ? readRedis(REDIS_URL) : undefined,
    purgeToken: PURGE_TOKEN ? checkToken(PURGE_TOKEN) : randomBytes(16).toString("hex"),
    madeUp: !PURGE_TOKEN,
    slow: readSlow(SLOW_MS || "2000"),
  };
}

function readPort(text: string): number {
  const port = Number(text);
  if (/^\d+$/.test(text) && port <= 65_535) return port;
  return fail(`PORT must be a whole number from 0 to 65535, not "${text}".`);
}

function readSlow(text: string): number {
  if (/^\d{1,5}$/.test(text)) return Number(text);
  return fail(`SLOW_MS must be a whole number of milliseconds below 100000, not "${text}".`);
}

/** What is wrong is not repeated: a URL may hold a password. */
function readRedis(text: string): RedisAddress {
  return readRedisAddress(text) ?? fail("REDIS_URL must be a URL such as redis://127.0.0.1:6379.");
}

function checkToken(text: string): string {
  if (/^[\x21-\x7e]+$/.test(text)) return text;
  return fail("PURGE_TOKEN must be made of visible ASCII characters, without blanks: it is sent in a header.");
}
