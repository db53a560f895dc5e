import { describe, expect, test } from "vitest";
import { fieldMap } from "./fields.ts";
import { controlIn, directivesFor } from "./targeted.ts";

const fields = (targeted: string) =>
  fieldMap([
    ["Cache-Control", "max-age=1"],
    ["CDN-Cache-Control", targeted],
  ]);

describe("CDN-Cache-Control", () => {
  test.each<[string, [string, string[]][]]>([
    ["max-age=60", [["max-age", ["60"]]]],
    ["max-age=60, no-store", [["max-age", ["60"]], ["no-store", [""]]]], // biome-ignore format: one line a case
    ["no-store=?0, max-age=5", [["max-age", ["5"]]]],
    ["max-age=1, max-age=2", [["max-age", ["2"]]]],
    ['max-age="60"', [["max-age", ['"60"']]]],
    ["private;x=1", [["private", [""]]]],
    ["a=(1 2), max-age=3", [["a", ["(1 2)"]], ["max-age", ["3"]]]], // biome-ignore format: one line a case
  ])("%s counts in place of Cache-Control", (text, directives) => {
    const told = directivesFor(fields(text));
    expect([told.targeted, [...told.directives]]).toEqual([true, directives]);
    expect(controlIn(fields(text))).toBe(text);
  });

  test.each([
    "",
    "  ",
    "MAX-AGE=60",
    "max-age=",
    "max-age=60,",
    "max-age=60 no-store",
    "=1",
    "max-age=60; ",
    'a="',
    "a, , b",
  ])("%j cannot be parsed, and counts as absent", (text) => {
    expect(directivesFor(fields(text)).targeted).toBe(false);
    expect(controlIn(fields(text))).toBe("max-age=1");
  });

  test("takes time in proportion to its length", () => {
    const start = performance.now();
    directivesFor(fields(`a="${"\\".repeat(50_000)}`));
    directivesFor(fields(`a${";b=1".repeat(20_000)}!`));
    directivesFor(fields(`a=(${"1 ".repeat(20_000)}`));
    expect(performance.now() - start).toBeLessThan(1000);
  });
});
