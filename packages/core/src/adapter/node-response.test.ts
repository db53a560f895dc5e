import { IncomingMessage, ServerResponse } from "node:http";
import { Socket } from "node:net";
import { expect, test } from "vitest";
import type { HeaderFields, Reply } from "../http/index.ts";
import { bodyOf, bytesOf, fieldsOf, forSending, restoreFields, setFields, setGiven } from "./node-response.ts";

const newResponse = () => new ServerResponse(new IncomingMessage(new Socket()));

test("fields are told as they were written, one pair for each line", () => {
  const response = newResponse();
  setFields(response, [
    ["X-One", "1"],
    ["Set-Cookie", "a=1"],
    ["set-cookie", "b=2"],
  ]);
  response.setHeader("content-length", 7);
  // Not in the types, and sent like this.
  response.setHeader("x-null", null as unknown as string);
  expect(fieldsOf(response)).toEqual([
    ["X-One", "1"],
    ["Set-Cookie", "a=1"],
    ["Set-Cookie", "b=2"],
    ["content-length", "7"],
    ["x-null", "null"],
  ]);
});

test.each<[string, unknown]>([
  ["an object", { "X-One": "1", Vary: ["a", "b"] }],
  ["names and values in turn", ["X-One", "1", "Vary", "a", "Vary", "b"]],
  [
    "pairs",
    [
      ["X-One", "1"],
      ["Vary", "a"],
      ["Vary", "b"],
    ],
  ],
])("what writeHead takes is set: %s", (_, given) => {
  const response = newResponse();
  response.setHeader("Vary", "before");
  setGiven(response, given);
  expect(new Map(fieldsOf(response).map(([name, value]) => [`${name} ${value}`, 1])).size).toBe(3);
  expect([response.getHeader("x-one"), response.getHeader("vary")]).toEqual(["1", ["a", "b"]]);
});

test.each([undefined, null, "OK"])("%o sets nothing", (given) => {
  const response = newResponse();
  setGiven(response, given);
  expect(fieldsOf(response)).toEqual([]);
});

test("all fields are made what they were", () => {
  const response = newResponse();
  const before: HeaderFields = [
    ["X-Kept", "1"],
    ["X-Changed", "1"],
    ["Vary", "a"],
    ["Vary", "b"],
    ["X-Removed", "1"],
  ];
  setFields(response, before);
  response.setHeader("x-changed", "2");
  response.setHeader("X-New", "1");
  response.appendHeader("Vary", "c");
  response.removeHeader("X-Removed");
  restoreFields(response, before);
  expect(new Set(fieldsOf(response).map(String))).toEqual(new Set(before.map(String)));
});

const reply = (status: number, fields: HeaderFields): Reply => ({ status, fields, body: "text" });

test("a part says that it must not be coded, on top of what else is said", () => {
  const response = newResponse();
  response.setHeader("Cache-Control", "private");
  const own: HeaderFields = [
    ["ETag", '"a"'],
    ["cache-control", "max-age=1"],
  ];
  expect(forSending(response, reply(206, own)).fields).toEqual([
    ["ETag", '"a"'],
    ["Cache-Control", "max-age=1, no-transform"],
  ]);
  expect(forSending(response, reply(206, [])).fields).toEqual([["Cache-Control", "private, no-transform"]]);
  const whole = reply(200, own);
  expect(forSending(response, whole)).toBe(whole);
});

test("bodies are handed on as they are, octets as a buffer of the same", () => {
  const octets = Uint8Array.of(0, 1, 2).subarray(1);
  const body = bodyOf({ status: 200, fields: [], body: octets }) as Buffer;
  expect([Buffer.isBuffer(body), body.buffer === octets.buffer, [...body]]).toEqual([true, true, [1, 2]]);
  expect([bodyOf(reply(200, [])), bodyOf({ ...reply(200, []), body: undefined })]).toEqual(["text", undefined]);
});

test.each<[unknown, unknown, number[]]>([
  ["ä", undefined, [195, 164]],
  ["ä", "latin1", [228]],
  ["00ff", "hex", [0, 255]],
  ["a", "no such coding", [97]],
  ["a", () => {}, [97]],
  [Uint8Array.of(1), "hex", [1]],
  [() => {}, undefined, []],
  [null, undefined, []],
])("the octets of %o in %o are %o", (chunk, encoding, octets) => {
  expect([...bytesOf(chunk, encoding)]).toEqual(octets);
});
