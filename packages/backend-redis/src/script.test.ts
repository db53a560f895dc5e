import { createHash } from "node:crypto";
import { expect, test, vi } from "vitest";
import { Script } from "./script.ts";

const text = "return 'é'";
const digest = createHash("sha1").update(text).digest("hex");

function connectionThat(evalsha: () => Promise<unknown>) {
  return {
    call: vi.fn(async (name: string, ..._args: unknown[]) => (name === "evalsha" ? evalsha() : "from its text")),
  };
}

test("is sent by its digest", async () => {
  const connection = connectionThat(async () => "from its digest");
  expect(await new Script(text).run(connection, ["a", "b"], [1, "c"])).toBe("from its digest");
  expect(connection.call.mock.calls).toEqual([["evalsha", digest, 2, "a", "b", 1, "c"]]);
});

test("is sent in full where it is not known", async () => {
  const connection = connectionThat(async () => {
    throw new Error("NOSCRIPT No matching script. Please use EVAL.");
  });
  expect(await new Script(text).run(connection, ["a"], ["b"])).toBe("from its text");
  expect(connection.call).toHaveBeenLastCalledWith("eval", text, 1, "a", "b");
});

test("is not sent again when it fails for another reason", async () => {
  const connection = connectionThat(async () => {
    throw new Error("READONLY You can't write against a read only replica.");
  });
  await expect(new Script(text).run(connection, ["a"], [])).rejects.toThrow("READONLY");
  expect(connection.call).toHaveBeenCalledOnce();
});
