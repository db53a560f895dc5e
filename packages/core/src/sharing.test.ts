import { expect, test } from "vitest";
import { sharing } from "./sharing.ts";

test("the first value of a name is everybody's, and no more are remembered than there is room for", () => {
  const share = sharing<{ readonly of: string }>(2);
  const [one, two] = [{ of: "a" }, { of: "b" }];
  expect([share("a", one), share("b", two), share("a", { of: "a" })]).toEqual([one, two, one]);
  expect(share("a", { of: "a" })).toBe(one);
  share("c", { of: "c" });
  const another = { of: "a" };
  expect(share("a", another)).toBe(another);
});
