import { expect, test, vi } from "vitest";
import { orAbandon } from "./or-abandon.ts";

test("a task that throws ends the ticket, and one that does not leaves it open", () => {
  const abandon = vi.fn();
  expect(orAbandon({ abandon }, () => 1)).toBe(1);
  expect(abandon).not.toHaveBeenCalled();
  const fails = () => {
    throw new Error("closed");
  };
  expect(() => orAbandon({ abandon }, fails)).toThrow("closed");
  expect(abandon).toHaveBeenCalledOnce();
});
