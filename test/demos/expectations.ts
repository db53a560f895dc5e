import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect } from "vitest";
import type { Answer, Demo } from "../../apps/server-kit/src/index.ts";
import { findRedis } from "../../apps/server-kit/src/index.ts";

export const run = promisify(execFile);

/** The `PURGE_TOKEN` of the demos under test. */
export const token = "open-sesame";
export const authorization = { authorization: `Bearer ${token}` };

/** A `ts`: whole seconds, no zone. */
export const seconds = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$/);

/** Milliseconds that anything may take which does not wait for a handler: some two, but for a machine that is busy. */
export const instant = 700;

/** Milliseconds that a request may wait for a Redis which does not answer: the cache's default. */
export const deadline = 200;

/** The groups of a file run beside each other, as they mostly wait; the tests of such a group one after another. */
export const inOrder = { concurrent: false };

/** Purges with the token. */
export function remove(demo: Demo, path: string): Promise<Answer> {
  return demo.ask(path, { method: "DELETE", headers: authorization });
}

/** From a handler that takes `handler` milliseconds. */
export function expectLoaded(answer: Answer, handler: number): void {
  expect(answer).toMatchObject({ status: 200, headers: { "x-cache": "MISS" } });
  expectDuration(answer, handler);
}

/** As long as the handler takes, and hardly longer. */
export function expectDuration(answer: Answer, handler: number): void {
  // Timers may be early by a millisecond, and the clocks of two processes apart.
  expect(answer.duration).toBeGreaterThan(handler - 20);
  expect(answer.duration).toBeLessThan(handler + instant);
}

/** From the cache, and the same to the byte. */
export function expectHit(answer: Answer, before: Answer): void {
  expect(answer).toMatchObject({ status: 200, body: before.body, headers: { "x-cache": "HIT" } });
  expect(answer.headers["content-type"]).toBe(before.headers["content-type"]);
  expect(answer.headers.etag).toBe(before.headers.etag);
  expect(answer.duration).toBeLessThan(instant);
}

/** What redis-cli prints, line by line. */
export async function redisCli(port: number, ...command: readonly string[]): Promise<readonly string[]> {
  const { cli, env } = await findRedis();
  const { stdout } = await run(cli, ["-p", String(port), ...command], { env: { ...process.env, ...env } });
  return stdout.trimEnd().split("\n");
}
