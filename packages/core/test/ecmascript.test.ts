import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";

test("core is imported, and its pure parts work, where there is nothing but ECMAScript", async () => {
  const script = fileURLToPath(new URL("bare.mjs", import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, ["--no-warnings", script]);
  expect(JSON.parse(stdout)).toEqual({
    left: [],
    same: true,
    bytes: [1, 2],
    json: { a: [1] },
    arguments: '42,"é",{"a":Uint8Array(ff),"b":Date(1970-01-01T00:00:00.000Z)}',
    digest: createHash("sha256").update("é").digest("hex"),
    sizes: [10_000, 1_024],
    codes: ["ENCODE_UNSUPPORTED", "DECODE_FAILED", "KEY_UNSUPPORTED", "OPTION_INVALID"],
  });
});
