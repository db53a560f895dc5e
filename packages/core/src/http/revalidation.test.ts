import { describe, expect, test } from "vitest";
import { fieldMap } from "./fields.ts";
import type { HeaderFields } from "./response.ts";
import { handlersOwn, mergeFields, revalidationFields } from "./revalidation.ts";

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

  test("not with a tag that the cache itself has made", () => {
    const response = { status: 200, fields: stored, body: new Uint8Array(), age: 0, tagged: true };
    expect(revalidationFields(response)).toEqual([["if-modified-since", "Mon, 23 Nov 2026 10:00:00 GMT"]]);
  });

  test("not about errors and redirects: a 304 would say that they are none any more (RFC 9110 15.4.5)", () => {
    for (const status of [301, 404, 410, 500]) {
      expect(revalidationFields({ status, fields: stored, body: new Uint8Array(), age: 0 })).toEqual([]);
    }
  });
});

describe("handlersOwn", () => {
  const response = { status: 200, fields: stored, body: new Uint8Array(), age: 0 };
  const names = (fields: HeaderFields) => fields.map(([name]) => name);

  test("all that is there, unless the cache has added it", () => {
    expect(handlersOwn(response)).toEqual(stored);
    expect(names(handlersOwn({ ...response, tagged: true }))).not.toContain("ETag");
    expect(names(handlersOwn({ ...response, control: "" }))).not.toContain("Cache-Control");
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
      ["Content-Encoding", "gzip"],
      ["Content-Length", "7"],
      ["Content-MD5", "x"],
      ["Content-Range", "bytes 0-0/1"],
      ["ETag", 'W/"a"'],
    ];
    expect(merge(update)).toEqual(stored);
  });

  test("other fields that describe it are replaced (RFC 9111 3.2)", () => {
    const update: HeaderFields = [
      ["Content-Type", "text/html"],
      ["Content-Location", "/b"],
      ["Expires", "0"],
    ];
    expect(merge(update)).toEqual([...stored.slice(1), ...update]);
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
