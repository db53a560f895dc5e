import { createHash } from "node:crypto";
import { expect, test, vi } from "vitest";
import type { Commands } from "./client.ts";
import { Script } from "./script.ts";

const text = "return 'é'";
const digest = createHash("sha1").update(text).digest("hex");

function clientThat(evalsha: () => Promise<unknown>) {
  const client = { evalshaBuffer: vi.fn(evalsha), evalBuffer: vi.fn(async () => "from its text") };
  return Object.assign(client as unknown as Commands, { calls: client });
}

test("is sent by its digest", async () => {
  const client = clientThat(async () => "from its digest");
  expect(await new Script(text).run(client, ["a", "b"], [1, "c"])).toBe("from its digest");
  expect(client.calls.evalshaBuffer).toHaveBeenCalledWith(digest, 2, "a", "b", 1, "c");
  expect(client.calls.evalBuffer).not.toHaveBeenCalled();
});

test("is sent in full where it is not known", async () => {
  const client = clientThat(async () => {
    throw new Error("NOSCRIPT No matching script. Please use EVAL.");
  });
  expect(await new Script(text).run(client, ["a"], ["b"])).toBe("from its text");
  expect(client.calls.evalBuffer).toHaveBeenCalledWith(text, 1, "a", "b");
});

test("is not sent again when it fails for another reason", async () => {
  const client = clientThat(async () => {
    throw new Error("READONLY You can't write against a read only replica.");
  });
  await expect(new Script(text).run(client, ["a"], [])).rejects.toThrow("READONLY");
  expect(client.calls.evalBuffer).not.toHaveBeenCalled();
});
