import { expect, test, vi } from "vitest";
import { buildTail, checkedTail, composeKeyBuilders, joinKey, type KeyBuilder } from "./key-builder.ts";

const call = { name: "f", arguments: [1] as readonly unknown[] };
const invalid = expect.objectContaining({ code: "KEY_INVALID" });

test("without a builder, the default tail serves", () => {
  expect(buildTail(undefined, call, () => "f(1)")).toBe("f(1)");
});

test("a builder gets the call and the default tail, and may answer later", async () => {
  const now: KeyBuilder<typeof call> = (input, tail) => `${tail()}@${input.name}`;
  const later: KeyBuilder<typeof call> = async (input, tail) => now(input, tail);
  expect(buildTail(now, call, () => "f(1)")).toBe("f(1)@f");
  await expect(buildTail(later, call, () => "f(1)")).resolves.toBe("f(1)@f");
});

test("the default tail is made only for a builder that asks for it", () => {
  const tail = vi.fn(() => "f(1)");
  buildTail(() => "own", call, tail);
  buildTail(
    composeKeyBuilders<typeof call>(
      () => "own",
      (_call, before) => `${before()}!`,
    ),
    call,
    tail,
  );
  expect(tail).not.toHaveBeenCalled();
});

test.each([[undefined], [null], [""], [0], [1n], [{}], [["a"]], [Symbol("a")]])(
  "a builder that gives %o is found out, now and later",
  async (rubbish) => {
    expect(() => checkedTail(rubbish)).toThrow(invalid);
    expect(() =>
      buildTail(
        () => rubbish as string,
        call,
        () => "f(1)",
      ),
    ).toThrow(invalid);
    await expect(
      buildTail(
        async () => rubbish as string,
        call,
        () => "f(1)",
      ),
    ).rejects.toEqual(invalid);
  },
);

test("an error of a builder stays what it is", async () => {
  const error = new Error("no");
  const throws = () => {
    throw error;
  };
  expect(() => buildTail(throws, call, () => "f(1)")).toThrow(error);
  await expect(
    buildTail(
      async () => throws(),
      call,
      () => "f(1)",
    ),
  ).rejects.toBe(error);
});

test("composed builders build on each other, in order", async () => {
  const add = (part: string) => (_input: unknown, tail: () => string) => `${tail()}+${part}`;
  const later = (part: string) => async (_input: unknown, tail: () => string) => `${tail()}+${part}`;
  const build = (...builders: KeyBuilder<unknown>[]) => composeKeyBuilders(...builders)(call, () => "f(1)");
  expect(build()).toBe("f(1)");
  expect(build(add("a"))).toBe("f(1)+a");
  expect(build(add("a"), add("b"), add("c"))).toBe("f(1)+a+b+c");
  await expect(build(add("a"), later("b"), add("c"), later("d"))).resolves.toBe("f(1)+a+b+c+d");
});

test("rubbish from any of them is found out, whatever the next would make of it", async () => {
  const last: KeyBuilder<unknown> = () => "fine";
  for (const rubbish of [undefined, "", 1]) {
    const build = composeKeyBuilders<unknown>(() => rubbish as string, last);
    expect(() => build(call, () => "f(1)")).toThrow(invalid);
    const later = composeKeyBuilders<unknown>(async () => rubbish as string, last);
    await expect(later(call, () => "f(1)")).rejects.toEqual(invalid);
  }
});

test("parts that are joined to a tail are told apart", () => {
  expect(joinKey("f(1)", "de", undefined, 7)).toBe('f(1)|"de"|undefined|7');
  const lists: unknown[][] = [
    ["a", "b"],
    ['a"|"b'],
    ["a|b"],
    ["a", undefined, "b"],
    [1, 2],
    ["1", "2"],
    [[1, 2]],
    [null],
  ];
  expect(new Set(lists.map((parts) => joinKey("f(1)", ...parts))).size).toBe(lists.length);
});

test("a part that has no text is refused, with its place", () => {
  expect(() => joinKey("f(1)", "a", () => {})).toThrow(
    expect.objectContaining({ code: "KEY_UNSUPPORTED", option: "parts[1]" }),
  );
});
