import { describe, expect, test } from "vitest";
import { fieldMap } from "./fields.ts";
import type { HeaderFields } from "./response.ts";
import { mergeFields, revalidationFields } from "./revalidation.ts";

const stored: HeaderFields = [
  ["Content-Type", "text/plain"],
  ["ETag", '"a"'],
  ["Cache-Control", "max-age=1"],
  ["Link", "<1>"],
  ["Link", "<2>"],
  ["Last-Modified", "Mon, 23 Nov 2026 10:00:00 GMT"],
];

const merge = (update: HeaderFields) => mergeFields(stored, update, fieldMap(update));

describe("revalidationFields", () => {
  test("asks with all validators there are", () => {
    const response = { status: 200, fields: stored, body: new Uint8Array(), age: 0 };
    expect(revalidationFields(response)).toEqual([
      ["if-none-match", '"a"'],
      ["if-modified-since", "Mon, 23 Nov 2026 10:00:00 GMT"],
    ]);
    expect(revalidationFields({ ...response, fields: [] })).toEqual([]);
  });
});

describe("mergeFields", () => {
  test("what the 304 says replaces all lines of that name, the rest stays", () => {
    expect(
      merge([
        ["cache-control", "max-age=9"],
        ["Link", "<3>"],
        ["X-New", "1"],
      ]),
    ).toEqual([
      ["Content-Type", "text/plain"],
      ["ETag", '"a"'],
      ["Last-Modified", "Mon, 23 Nov 2026 10:00:00 GMT"],
      ["cache-control", "max-age=9"],
      ["Link", "<3>"],
      ["X-New", "1"],
    ]);
  });

  test("what describes the body stays", () => {
    const update: HeaderFields = [
      ["Content-Type", "text/html"],
      ["Content-Encoding", "gzip"],
      ["Content-Length", "7"],
      ["ETag", 'W/"a"'],
    ];
    expect(merge(update)).toEqual(stored);
  });

  test("fields of the connection are not taken over", () => {
    expect(
      merge([
        ["Connection", "X-Hop"],
        ["X-Hop", "1"],
        ["Keep-Alive", "5"],
      ]),
    ).toEqual(stored);
  });
});
