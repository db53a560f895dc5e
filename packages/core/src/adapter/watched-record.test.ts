import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { watchedRecord } from "./watched-record.ts";

function watch<Fields extends object>(record: Fields) {
  const told: string[] = [];
  const seen = watchedRecord(
    record,
    (name) => told.push(name),
    () => told.push("*"),
  );
  return { told, seen };
}

type Fields = Record<string, string | undefined>;

const ways: Record<string, [read: (fields: Fields) => unknown, told: readonly string[]]> = {
  "one that is there": [(fields) => fields.a, ["a"]],
  "one that is not": [(fields) => fields.c, ["c"]],
  "whether one is there": [(fields) => "c" in fields, ["c"]],
  "whether it has one": [(fields) => Object.hasOwn(fields, "a"), ["a"]],
  "taken apart": [({ a, c }) => [a, c], ["a", "c"]],
  "a copy": [(fields) => ({ ...fields }), ["*"]],
  "its names": [(fields) => Object.keys(fields), ["*"]],
  "its entries": [(fields) => Object.entries(fields), ["*"]],
  "a loop": [
    (fields) => {
      for (const name in fields) fields[name];
    },
    ["*"],
  ],
  "a copy of all but one": [({ a, ...rest }) => [a, rest], ["a", "*"]],
  "as JSON": [(fields) => JSON.stringify(fields), ["toJSON", "*"]],
  "one after a copy was made": [(fields) => [{ ...fields }, fields.a], ["*", "a"]],
  "one after a copy was made as JSON": [(fields) => [JSON.stringify(fields), fields.b], ["toJSON", "*", "b"]],
  "one after all were listed, that is not there": [(fields) => [Object.keys(fields), fields.c], ["*", "c"]],
  "what every object has": [(fields) => [fields.toString, fields.hasOwnProperty], []],
  "by a symbol": [(fields) => [Reflect.get(fields, Symbol.iterator), `${fields}`], []],
};

describe("is told of", () => {
  test.each(Object.entries(ways))("%s", (_, [read, told]) => {
    const watched = watch<Fields>({ a: "1", b: "2" });
    read(watched.seen);
    expect(watched.told).toEqual(told);
  });
});

test("what is read in a later turn than the list is read by its name", async () => {
  const { seen, told } = watch<Fields>({ a: "1" });
  Object.keys(seen);
  await Promise.resolve();
  await Promise.resolve();
  seen.a;
  expect(told).toEqual(["*", "a"]);
});

test("is in everything else as the record is, and changes the record itself", () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.string()), fc.boolean(), (plain, bare) => {
      const record: Fields = bare ? Object.assign(Object.create(null), plain) : plain;
      const { seen } = watch(record);
      expect({ ...seen }).toEqual({ ...record });
      expect(Object.keys(seen)).toEqual(Object.keys(record));
      expect(JSON.stringify(seen)).toBe(JSON.stringify(record));
      expect(Object.getPrototypeOf(seen)).toBe(Object.getPrototypeOf(record));
      seen["x-new"] = "new";
      expect(record["x-new"]).toBe("new");
      delete seen["x-new"];
      expect("x-new" in record).toBe(false);
    }),
  );
});
