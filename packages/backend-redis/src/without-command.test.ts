import { expect, test } from "vitest";
import { withoutCommand } from "./without-command.ts";

test("takes the command off an error, and nothing else", () => {
  const error = Object.assign(new Error("OOM"), { command: { name: "set", args: ["key", "secret"] }, code: "X" });
  expect(withoutCommand(error)).toBe(error);
  expect(error).not.toHaveProperty("command");
  expect(error).toMatchObject({ message: "OOM", code: "X" });
});

test("leaves alone what is no error", () => {
  const thrown = { command: "set" };
  expect(withoutCommand(thrown)).toEqual({ command: "set" });
  expect(withoutCommand(undefined)).toBeUndefined();
});
