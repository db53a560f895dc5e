import { describe, expect, test } from "vitest";
import { memoryBackend } from "../../backend-memory/src/index.ts";
import { faultyBackend, manualClock } from "../../testing/src/index.ts";
import { Entry } from "../src/entry.ts";
import { decodeFrame, encodeFrame } from "../src/frame.ts";
import { byteBackend } from "./byte-backend.ts";
import { factsOf } from "./facts-of.ts";
import { type Answer, Site, start } from "./http-site.ts";

const octets = Uint8Array.from({ length: 256 }, (_, octet) => octet);

/** Two processes on one backend that holds bytes. */
function pair(answer: Answer = { fields: [["X-A", "\u00fc"]], body: octets }) {
  const { backend, bytes } = byteBackend(manualClock(start));
  const make = () => new Site(() => answer, { cache: { backend } });
  return { backend, bytes, one: make(), other: make() };
}

describe("on a backend that holds bytes", () => {
  test("a hit in another process is the answer of the first, octet by octet", async () => {
    const { one, other } = pair();
    const miss = await one.ask("/");
    const hit = await other.ask("/");
    expect(hit).toMatchObject({ state: "hit", status: 200, body: miss.body });
    for (const name of ["x-a", "etag", "date", "cache-control"]) expect(hit.field(name)).toBe(miss.field(name));
    expect(other.runs).toBe(0);
    expect(await other.ask("/", { method: "HEAD" })).toMatchObject({ state: "hit", body: undefined });
  });

  test("the keys can be read, and the bytes begin as frames do", async () => {
    const { one, bytes } = pair();
    await one.ask("/slow?q=42");
    expect([...bytes.keys()]).toEqual(["cachette::GET:http://localhost:8000/slow?q=42"]);
  });

  test("an answer that cannot be written down is served, to those who wait as well, and not stored", async () => {
    const { one } = pair({ fields: [["X-Name", "\u0141ukasz"]], body: "a" });
    const answers = await Promise.all([one.ask("/"), one.ask("/"), one.ask("/")]);
    for (const answer of answers) expect(answer).toMatchObject({ status: 200, body: "a" });
    expect(one.runs).toBe(3);
    expect(answers.map(({ state }) => state)).toEqual(["miss", "bypass", "bypass"]);
    expect(answers[0]?.field("cache-status")).not.toContain("stored");
    expect(one.cache.counters()).toMatchObject({ encodeErrors: 1, stores: 0 });
  });
});

describe("hostile bytes in the store are a miss", () => {
  /** The payload of an answer with any head. */
  const payload = (head: unknown) => {
    const text = Buffer.from(typeof head === "string" ? head : JSON.stringify(head));
    const length = Buffer.alloc(4);
    length.writeUInt32BE(text.length);
    return Buffer.concat([length, text, Buffer.from("evil")]);
  };
  const withPayload =
    (bytes: Uint8Array | string, changes: Partial<Entry> = {}) =>
    (frame: Uint8Array) => {
      const entry = decodeFrame(frame);
      return encodeFrame(new Entry({ ...factsOf(entry), ...changes }, bytes, undefined, 0));
    };
  const same = (changes: Partial<Entry>) => (frame: Uint8Array) =>
    withPayload(decodeFrame(frame).payload ?? "", changes)(frame);

  test.each<[string, (frame: Uint8Array) => Uint8Array]>([
    ["nothing", () => new Uint8Array(0)],
    ["other bytes", () => Buffer.from("<html>")],
    ["cut off", (frame) => frame.subarray(0, frame.length - 300)],
    ["cut off in the middle of its head", (frame) => frame.subarray(0, 30)],
    ["another version", (frame) => frame.with(2, 99)],
    ["an oversized length", (frame) => frame.with(36, 255)],
    ["a payload of text", withPayload("text")],
    ["an empty payload", withPayload(new Uint8Array(0))],
    ["no JSON", withPayload(payload("[200,"))],
    ["an object", withPayload(payload({ status: 200 }))],
    ["header injection", withPayload(payload([200, 0, [["X-A", "a\r\nSet-Cookie: sid=evil"]]]))],
    ["injection by name", withPayload(payload([200, 0, [["X-A: a\r\nX-B", "b"]]]))],
    ["a second length", withPayload(payload([200, 0, [["Content-Length", "1"]]]))],
    ["another transfer", withPayload(payload([200, 0, [["Transfer-Encoding", "chunked"]]]))],
    ["status 99", withPayload(payload([99, 0, []]))],
    ["status 999", withPayload(payload([999, 0, []]))],
    ["no age", withPayload(payload([200, null, []]))],
    ["fields that are an object", withPayload(payload('[200,0,{"__proto__":["a","b"]}]'))],
    ["an oversized head", withPayload(Uint8Array.of(255, 255, 255, 255, 1))],
    ["times that are no numbers", same({ freshUntil: Number.NaN })],
    ["a storage time without end", same({ storedAt: Number.NEGATIVE_INFINITY, freshUntil: Number.NaN })],
    ["another key", same({ key: "cachette::GET:http://localhost:8000/other" })],
    ["another coder", same({ coder: "typed" })],
    ["another epoch", same({ mark: { epoch: "other", seq: 0 } })],
    ["a mark from the future", same({ mark: { epoch: "other", seq: 99 } })],
  ])("%s", async (_, spoil) => {
    const { one, other, bytes } = pair();
    await one.ask("/");
    const [key = "", frame = new Uint8Array(0)] = [...bytes][0] ?? [];
    const good = await other.ask("/");
    expect(good.state).toBe("hit");

    bytes.set(key, spoil(frame));
    expect(await other.ask("/", { method: "HEAD" })).toMatchObject({ state: "bypass", status: 200 });
    const answers = await Promise.all([other.ask("/"), other.ask("/"), other.ask("/")]);
    expect(answers.map(({ state }) => state)).toEqual(["miss", "hit", "hit"]);
    for (const answer of answers) expect(answer).toMatchObject({ status: 200, body: good.body });
    expect(await one.ask("/")).toMatchObject({ state: "hit", body: good.body });
  });

  test("names that objects have do no harm", async () => {
    const { one, other, bytes } = pair();
    await one.ask("/");
    const [key = "", frame = new Uint8Array(0)] = [...bytes][0] ?? [];
    const fields = [["__proto__", "a"], ["constructor", "b"]]; // biome-ignore format: one line
    bytes.set(key, withPayload(payload([200, 0, fields]))(frame));
    const hit = await other.ask("/");
    expect(hit).toMatchObject({ state: "hit", body: "evil" });
    expect(hit.fields.slice(0, 2)).toEqual(fields);
    expect(({} as Record<string, unknown>).a).toBeUndefined();
  });

  test("what cannot be read is told", async () => {
    const { one, bytes } = pair();
    await one.ask("/");
    const [key = "", frame = new Uint8Array(0)] = [...bytes][0] ?? [];
    bytes.set(key, withPayload(payload([99, 0, []]))(frame));
    await one.ask("/", { method: "HEAD" });
    await one.ask("/");
    expect(one.cache.counters()).toMatchObject({ decodeErrors: 2 });
    expect(one.events).toContainEqual({ type: "decode-error", key, error: expect.any(Error) });
  });
});

describe("a sick backend", () => {
  function sick(remote: boolean) {
    const clock = manualClock(start);
    const backend = faultyBackend(memoryBackend({ maxEntries: 100, clock }), { clock, remote });
    const site = new Site(() => ({ body: String(site.runs) }), {
      cache: { backend, clock, breaker: { threshold: 1_000 } },
    });
    return { site, clock, faults: backend.faults };
  }

  test.each([true, false])("that hangs: the handler answers after the deadline, remote: %s", async (remote) => {
    const { site, clock, faults } = sick(remote);
    await site.ask("/");
    faults.hang();
    let answer: unknown;
    const asking = site.ask("/").then((sent) => {
      answer = sent;
    });
    await clock.advance(199);
    expect(answer).toBeUndefined();
    await clock.advance(1);
    await asking;
    expect(answer).toMatchObject({ state: "miss", status: 200, body: "2" });
    expect(site.cache.counters().backendErrors).toBeGreaterThan(0);
  });

  test("that fails: every request is answered, nothing is said to be stored", async () => {
    const { site, faults } = sick(false);
    faults.fail();
    for (const body of ["1", "2"]) {
      const answer = await site.ask("/");
      expect(answer).toMatchObject({ state: "miss", body });
      expect(answer.field("cache-status")).toBe("cachette; fwd=uri-miss; detail=backend");
      expect(answer.field("etag")).toBeDefined();
    }
    faults.heal();
    await site.ask("/");
    expect(await site.ask("/")).toMatchObject({ state: "hit", body: "3" });
  });

  test("those who wait still share one run", async () => {
    const { site, faults } = sick(false);
    faults.fail();
    const answers = await Promise.all([site.ask("/"), site.ask("/"), site.ask("/")]);
    expect(answers.map(({ body }) => body)).toEqual(["1", "1", "1"]);
  });

  test("a write that fails is no answer that fails", async () => {
    const { site, faults } = sick(true);
    faults.set.fail();
    expect(await site.ask("/")).toMatchObject({ state: "miss", status: 200 });
    faults.heal();
    expect(await site.ask("/")).toMatchObject({ state: "miss", status: 200 });
  });
});
