import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { HeaderFields } from "../http/index.ts";
import { changedFields, fieldRecord, hasType, lowerCased } from "./fields.ts";

describe("a record of fields", () => {
  test("has a value for one line, and several for several, by the name as it was first written", () => {
    const fields: HeaderFields = [
      ["ETag", '"a"'],
      ["Set-Cookie", "a=1"],
      ["set-cookie", "b=2"],
      ["SET-COOKIE", "c=3"],
    ];
    expect({ ...fieldRecord(fields) }).toEqual({ ETag: '"a"', "Set-Cookie": ["a=1", "b=2", "c=3"] });
    expect({ ...fieldRecord(lowerCased(fields)) }).toEqual({ etag: '"a"', "set-cookie": ["a=1", "b=2", "c=3"] });
  });

  test("takes names that objects have a meaning for as any other", () => {
    const record = fieldRecord([
      ["__proto__", "a"],
      ["constructor", "b"],
      ["__PROTO__", "c"],
    ]);
    expect(Object.entries(record)).toEqual([
      ["__proto__", ["a", "c"]],
      ["constructor", "b"],
    ]);
  });
});

test.each<[HeaderFields, boolean]>([
  [[["CONTENT-type", ""]], true],
  [[["X-Content-Type", "a"]], false],
  [[], false],
])("%o names a type: %s", (fields, named) => {
  expect([hasType(fields), hasType(fields)]).toEqual([named, named]);
});

describe("changed fields", () => {
  const before: HeaderFields = [
    ["X-Same", "1"],
    ["Vary", "a"],
    ["vary", "b"],
    ["X-Gone", "1"],
  ];

  test.each<[string, HeaderFields, HeaderFields]>([
    ["those that are new", [["X-New", ""]], [["X-New", ""]]],
    [
      "all lines where one is another",
      [
        ["vary", "a"],
        ["Vary", "c"],
      ],
      [
        ["vary", "a"],
        ["Vary", "c"],
      ],
    ],
    ["all lines where one is missing", [["vary", "a"]], [["vary", "a"]]],
    [
      "all lines where they have another order",
      [
        ["Vary", "b"],
        ["Vary", "a"],
      ],
      [
        ["Vary", "b"],
        ["Vary", "a"],
      ],
    ],
    ["none that is written in other letters alone", [["x-same", "1"]], []],
    ["none that is gone", [], []],
  ])("are %s", (_, now, changed) => {
    expect(changedFields(before, now)).toEqual(changed);
  });

  test("of what came after, undone, and put back, give what was before", () => {
    const fields = fc.array(fc.tuple(fc.constantFrom("A", "a", "B", "c"), fc.constantFrom("1", "2")));
    fc.assert(
      fc.property(fields, fields, (old, now) => {
        const changed = new Set(lowerCased(changedFields(old, now)).map(([name]) => name));
        const left = now.filter(([name]) => !changed.has(name.toLowerCase()));
        const restored = [...left, ...changedFields(left, old)];
        expect(fieldRecord(lowerCased(restored))).toEqual(fieldRecord(lowerCased(old)));
      }),
    );
  });
});
