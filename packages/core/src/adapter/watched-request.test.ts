import { expect, test } from "vitest";
import type { InputWatch } from "../http/index.ts";
import { showRequest } from "./watched-request.ts";

/** Counts the lines that it is given, as the requests of Bun do. */
class CountingRequest {
  readonly headers = { "user-agent": "test" };
  readonly socket = {};
  readonly httpVersionMajor = 1;
  count = 0;
  #lines: readonly string[] = ["User-Agent", "test"];

  get rawHeaders(): readonly string[] {
    return this.#lines;
  }

  set rawHeaders(lines: readonly string[]) {
    this.count = lines.length;
    this.#lines = lines;
  }
}

test("what a request looks at as its fields are put in place is not read by a handler, what comes after is", () => {
  const read: string[] = [];
  const watch: InputWatch = {
    identity: [],
    field: (name) => read.push(name),
    fields: () => read.push("*"),
    cookie: () => {},
    attached: () => {},
    address: () => {},
  };
  const request = new CountingRequest();
  const undo = showRequest(request, { ask: [], watch });
  expect([request.count, read]).toEqual([2, []]);
  expect(request.rawHeaders.length).toBe(2);
  expect(read).toEqual(["*"]);
  undo();
  expect([request.rawHeaders.length, request.count, read]).toEqual([2, 2, ["*"]]);
});
