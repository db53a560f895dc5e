import { describe, expect, test } from "vitest";
import { ClientControl, saysHowLong } from "./client-control.ts";
import { fieldMap } from "./fields.ts";

describe("what clients are told where nobody else has said it", () => {
  test.each<[ConstructorParameters<typeof ClientControl>[0], boolean, number, number, string]>([
    [undefined, false, 0, 60_000, "no-cache"],
    [undefined, true, 0, 60_000, "private, no-cache"],
    ["remaining", false, 0, 60_000, "max-age=60"],
    ["remaining", false, 20_500, 39_500, "max-age=59"],
    ["remaining", true, 0, 1_999, "private, max-age=1"],
    ["remaining", false, 59_500, 500, "no-cache"],
    ["remaining", false, 0, Number.POSITIVE_INFINITY, "max-age=2147483648"],
    ["10s", false, 0, 60_000, "max-age=10"],
    ["10s", false, 55_000, 5_000, "max-age=60"],
    [0, false, 0, 60_000, "no-cache"],
  ])("clientTtl %s, of one person %s, at an age of %d with %d ms left", (clientTtl, owned, age, left, told) => {
    expect(new ClientControl(clientTtl, owned).own(age, left)).toBe(told);
  });

  test("only a time changes from one reply to the next", () => {
    expect(([undefined, 0, "5s", "remaining"] as const).map((ttl) => new ClientControl(ttl, false).changes)).toEqual([
      false,
      false,
      true,
      true,
    ]);
  });
});

describe("what takes the place of what was said", () => {
  test.each([
    [false, "public, max-age=5", undefined],
    [true, "private, max-age=5", undefined],
    [true, "public, max-age=5", "private, max-age=5"],
    [true, 'max-age=5, private="x-user"', "private, max-age=5"],
  ])("of one person %s: %s", (owned, said, instead) => {
    expect(new ClientControl(undefined, owned).instead(fieldMap([["Cache-Control", said]]))).toBe(instead);
  });

  test("of one person, with a time but without Cache-Control", () => {
    const given = fieldMap([["Expires", "0"]]);
    expect([saysHowLong(given), new ClientControl("5s", true).instead(given)]).toEqual([true, "private"]);
  });
});

test.each(["soon", -1, Number.NaN])("a clientTtl of %s is refused", (value) => {
  expect(() => new ClientControl(value as "remaining", false)).toThrow(
    expect.objectContaining({ code: "OPTION_INVALID", option: "clientTtl" }),
  );
});
