import { expect, test } from "vitest";
import type { InputWatch } from "../http/index.ts";
import { bytesOfCopy, handlersCopy, showFetchRequest } from "./fetch-request.ts";

function watching() {
  const told: string[] = [];
  const watch: InputWatch = {
    identity: [],
    field: (name) => void told.push(name),
    fields: () => void told.push("all"),
    cookie: () => {},
    attached: () => {},
    address: () => void told.push("address"),
  };
  return { told, watch };
}

const url = "http://shop.example/a?b";
const conditional = () =>
  new Request(url, { headers: { "If-None-Match": '"mine"', Range: "bytes=0-1", Accept: "text/plain" } });

test("a request without conditions is shown as the one it is, watched until the end", () => {
  const { told, watch } = watching();
  const request = new Request(url, { headers: { Accept: "text/plain" } });
  const { shown, undo } = showFetchRequest(request, { ask: [], target: undefined, watch });
  expect(shown).toBe(request);
  expect([shown.headers.get("Accept"), shown.clone().headers.has("X-None")]).toEqual(["text/plain", false]);
  expect([...shown.headers]).toEqual([["accept", "text/plain"]]);
  expect(told).toEqual(["accept", "x-none", "all"]);
  undo();
  request.headers.get("accept");
  expect(told).toHaveLength(3);
});

test("conditions are left out, what is asked stands in their place, and so does the target", () => {
  const { watch } = watching();
  const received = conditional();
  const { shown } = showFetchRequest(received, { ask: [["if-none-match", '"ours"']], target: "/a", watch });
  expect(shown.url).toBe("http://shop.example/a");
  expect([...shown.headers]).toEqual([
    ["accept", "text/plain"],
    ["if-none-match", '"ours"'],
  ]);
  expect([received.url, received.headers.get("range")]).toEqual([url, "bytes=0-1"]);
});

test("what Cloudflare knows of the client counts as its address", () => {
  const { told, watch } = watching();
  const request = Object.assign(new Request(url), { cf: { country: "FR" } });
  const { shown } = showFetchRequest(request, { ask: [], target: undefined, watch });
  expect(Reflect.get(shown, "cf")).toEqual({ country: "FR" });
  expect(told).toEqual(["address"]);
});

test("a copy has the body, and leaves it to the one who has the original", async () => {
  const request = new Request(url, { method: "POST", body: "text" });
  expect(await handlersCopy(request, {}).text()).toBe("text");
  expect(await request.text()).toBe("text");
  expect(await handlersCopy(request, { url: "http://other.example/" }).text()).toBe("");
});

test("a copy has its own signal if it is given one", () => {
  const { signal } = new AbortController();
  const aborted = handlersCopy(conditional(), { signal: AbortSignal.abort() });
  expect([aborted.signal.aborted, handlersCopy(conditional(), { signal }).signal.aborted]).toEqual([true, false]);
});

test("the bytes of a body can be read beside whoever reads it", async () => {
  const request = new Request(url, { method: "POST", body: "text" });
  expect(new TextDecoder().decode(await bytesOfCopy(request))).toBe("text");
  expect(await request.text()).toBe("text");
  await expect(bytesOfCopy(request)).rejects.toThrow();
  expect(await bytesOfCopy(new Request(url))).toBeUndefined();
});

test("no more than 8 MiB are read", async () => {
  const request = new Request(url, { method: "POST", body: new Uint8Array(2 ** 23 + 1) });
  await expect(bytesOfCopy(request)).rejects.toThrow(RangeError);
  expect((await bytesOfCopy(new Request(url, { method: "POST", body: new Uint8Array(2 ** 23) })))?.byteLength).toBe(
    2 ** 23,
  );
});
