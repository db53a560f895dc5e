import { describe, expect, test, vi } from "vitest";
import { memoryBackend } from "../../backend-memory/src/index.ts";
import { type CacheOptions, createCache, systemClock, typedCoder } from "./index.ts";
import { resolveOptions } from "./options.ts";

const backend = memoryBackend({ maxEntries: 10 });

const invalid = (option: string) =>
  expect.objectContaining({
    code: "OPTION_INVALID",
    option,
    expected: expect.any(String),
    received: expect.any(String),
  });

test("what is left out, or undefined, has its default", () => {
  const none: Record<string, undefined> = {};
  for (const name of [
    "staleWhileRevalidate",
    "staleIfError",
    "jitter",
    "earlyRefresh",
    "timeout",
    "errorTtl",
    "random",
  ]) {
    none[name] = undefined;
  }
  for (const name of ["prefix", "ttl", "coder", "shared", "keyBuilder", "enabled", "deadline"]) none[name] = undefined;
  for (const name of ["breaker", "patience", "lease", "onEvent", "clock"]) none[name] = undefined;
  for (const options of [{ backend }, { backend, ...none } as CacheOptions]) {
    const { enabled, ...resolved } = resolveOptions(options);
    expect(resolved).toEqual({
      backend,
      prefix: "cachette",
      freshness: {
        ttl: 60_000,
        staleFor: 0,
        errorFor: 0,
        jitter: 0,
        early: undefined,
        soft: Number.POSITIVE_INFINITY,
        hard: Number.POSITIVE_INFINITY,
        errorTtl: 0,
      },
      coder: typedCoder,
      shared: false,
      keyBuilder: undefined,
      deadline: 200,
      breaker: { threshold: 5, pause: 1_000 },
      patience: 30_000,
      lease: 5_000,
      onEvent: undefined,
      clock: systemClock,
      random: Math.random,
    });
    expect(enabled()).toBe(true);
  }
});

test("durations are turned into milliseconds", () => {
  const freshness = {
    staleWhileRevalidate: "1m",
    staleIfError: "1d",
    jitter: 0.5,
    earlyRefresh: { beta: 2 },
    timeout: { soft: "100ms", hard: "5s" },
    errorTtl: "2s",
  } as const;
  expect(resolveOptions({ backend, ...freshness }).freshness).toEqual({
    ttl: 60_000,
    staleFor: 60_000,
    errorFor: 86_400_000,
    jitter: 0.5,
    early: 2,
    soft: 100,
    hard: 5_000,
    errorTtl: 2_000,
  });
  expect(resolveOptions({ backend, earlyRefresh: true }).freshness.early).toBe(1);
  expect(resolveOptions({ backend, earlyRefresh: {} }).freshness.early).toBe(1);
  expect(resolveOptions({ backend, earlyRefresh: false }).freshness.early).toBeUndefined();
  const options = { backend, ttl: "1h", deadline: "1s", patience: 5, breaker: { threshold: 1, pause: "2s" } } as const;
  expect(resolveOptions(options)).toMatchObject({
    freshness: { ttl: 3_600_000 },
    deadline: 1_000,
    patience: 5,
    breaker: { threshold: 1, pause: 2_000 },
  });
});

describe("createCache refuses", () => {
  test.each<[string, string, unknown]>([
    ["no options", "options", undefined],
    ["null", "options", null],
    ["a backend for options", "close", Object.assign(Object.create(null), { close() {} })],
    ["an unknown option", "tll", { backend, tll: "1m" }],
    ["an option that looks like one", "Ttl", { backend, Ttl: "1m" }],
    ["no backend", "backend", {}],
    ["null for a backend", "backend", { backend: null }],
    ["a client for a backend", "backend", { backend: { get() {}, set() {}, delete() {} } }],
    ["a backend that does not say what it holds", "backend", { backend: { ...methods(), holds: undefined } }],
    ["a backend that holds something else", "backend", { backend: { ...methods(), holds: "text" } }],
    ["a function for a backend", "backend", { backend: memoryBackend }],
    ...wrong("prefix", ["", 1, null, {}]),
    ...wrong("ttl", ["soon", -1, Number.NaN, null, "10", "1 h", {}, true]),
    ...wrong("coder", [null, "json", {}, { encode() {} }, { encode: 1, decode() {} }]),
    ...wrong("shared", [1, "true", null]),
    ...wrong("keyBuilder", ["name", {}, null]),
    ...wrong("enabled", [1, "yes", null]),
    ...wrong("staleWhileRevalidate", ["soon", -1, null]),
    ...wrong("staleIfError", ["soon", -1, null]),
    ...wrong("errorTtl", ["soon", -1, null]),
    ...wrong("jitter", [-0.1, 1.1, Number.NaN, "10%", null, true]),
    ...wrong("earlyRefresh", [1, "yes", null]),
    ...within("earlyRefresh", "beta", [0, -1, Number.NaN, Number.POSITIVE_INFINITY, "1", null]),
    ...within("timeout", "soft", ["soon", -1, null]),
    ...within("timeout", "hard", ["soon", -1, null]),
    ["a misspelt limit", "hrad", { backend, timeout: { hrad: 1 } }],
    ["a number for the limits", "timeout", { backend, timeout: 100 }],
    ...wrong("random", [0.5, null]),
    ...wrong("deadline", ["soon", 0, -1, null]),
    ...wrong("patience", ["soon", -1, null]),
    ...wrong("lease", ["soon", 99, Number.POSITIVE_INFINITY, null]),
    ...wrong("onEvent", [{}, "log", null]),
    ...wrong("clock", [null, {}, { now() {} }, Date]),
    ...wrong("breaker", [null, 5, "on"]),
    ["an unknown option of the breaker", "treshold", { backend, breaker: { treshold: 1 } }],
    ...[0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, "5", null].map((threshold): [string, string, unknown] => [
      `breaker.threshold: ${threshold}`,
      "breaker.threshold",
      { backend, breaker: { threshold } },
    ]),
    ["breaker.pause: null", "breaker.pause", { backend, breaker: { pause: null } }],
    ["breaker.pause: Infinity", "breaker.pause", { backend, breaker: { pause: Number.POSITIVE_INFINITY } }],
    ["breaker.pause: soon", "breaker.pause", { backend, breaker: { pause: "soon" } }],
  ])("%s", (_what, option, options) => {
    expect(() => createCache(options as CacheOptions)).toThrow(invalid(option));
  });
});

describe("a use refuses", () => {
  const cache = createCache({ backend });
  const uses: [string, (options: object) => unknown][] = [
    ["getOrSet", (options) => cache.getOrSet("a", () => 1, options)],
    ["set", (options) => cache.set("a", 1, options)],
    ["getOrSetMany", (options) => cache.getOrSetMany(["a"], () => new Map([["a", 1]]), options)],
    ["wrap", async (options) => cache.wrap(async () => 1, { name: "f", ...options })],
    ["set of a view", (options) => cache.namespace("n").set("a", 1, options)],
  ];

  describe.each(uses)("%s", (_name, use) => {
    test.each<[string, object]>([
      ["tll", { tll: 1 }],
      ["tag", { tag: ["a"] }],
      ["ttl", { ttl: "soon" }],
      ["ttl", { ttl: null }],
      ["ttl", { ttl: -1 }],
      ["staleWhileRevalidate", { staleWhileRevalidate: "later" }],
      ["staleIfError", { staleIfError: -1 }],
      ["jitter", { jitter: 2 }],
      ["namespace", { namespace: "" }],
      ["namespace", { namespace: null }],
      ["coder", { coder: {} }],
      ["coder", { coder: null }],
      ["shared", { shared: "yes" }],
      ["shared", { shared: null }],
      ["tags", { tags: "a" }],
      ["tags", { tags: [""] }],
      ["tags", { tags: [1] }],
      ["tags", { tags: null }],
      ["tags", { tags: {} }],
    ])("a wrong %s: %o", async (option, options) => {
      await expect(use(options)).rejects.toEqual(invalid(option));
    });
  });

  describe.each(uses.slice(0, 1).concat(uses.slice(2, 4)))("%s", (_name, use) => {
    test.each<[string, object]>([
      ["errorTtl", { errorTtl: "soon" }],
      ["earlyRefresh", { earlyRefresh: 1 }],
      ["earlyRefresh.beta", { earlyRefresh: { beta: 0 } }],
      ["bta", { earlyRefresh: { bta: 1 } }],
      ["timeout", { timeout: "1s" }],
      ["timeout.soft", { timeout: { soft: -1 } }],
      ["timeout.hard", { timeout: { hard: "1" } }],
      ["storeIf", { storeIf: true }],
    ])("a wrong %s: %o", async (option, options) => {
      await expect(use(options)).rejects.toEqual(invalid(option));
    });
  });

  test.each([
    ["signal", {}],
    ["signal", null],
    ["signal", new AbortController()],
  ])("a wrong %s: %o", async (option, signal) => {
    const options = { signal: signal as AbortSignal };
    await expect(cache.getOrSet("a", () => 1, options)).rejects.toEqual(invalid(option));
    await expect(cache.getOrSetMany(["a"], () => [], options)).rejects.toEqual(invalid(option));
  });

  test("what is of no use there", async () => {
    for (const options of [{ earlyRefresh: true }, { timeout: {} }, { errorTtl: 1 }, { storeIf: () => true }]) {
      await expect(cache.set("a", 1, options as object)).rejects.toEqual(invalid(Object.keys(options)[0] as string));
    }
    expect(() => cache.wrap(async () => 1, { name: "f", signal: new AbortController().signal } as object)).toThrow(
      invalid("signal"),
    );
  });

  test.each<[string, object | undefined]>([
    ["ttl", { ttl: 1 }],
    ["staleIfError", { staleIfError: 1 }],
    ["tags", { tags: ["a"] }],
    ["namespace", { namespace: "" }],
    ["shared", { shared: 1 }],
  ])("get, a wrong %s: %o", async (option, options) => {
    await expect(cache.get("a", options as object)).rejects.toEqual(invalid(option));
  });

  test.each<[string, () => Promise<unknown>]>([
    ["soft", () => cache.clear({ soft: 1 as unknown as boolean })],
    ["soft", () => cache.clear({ soft: null as unknown as boolean })],
    ["namespaces", () => cache.clear({ namespaces: ["a"] } as object)],
    ["namespace", () => cache.clear({ namespace: null as unknown as string })],
    ["tags", () => cache.invalidateTags("a" as unknown as string[])],
    ["tags", () => cache.invalidateTags([""])],
    ["tags", () => cache.invalidateTags(undefined as unknown as string[])],
    ["soft", () => cache.invalidateTags(["a"], { soft: "yes" as unknown as boolean })],
    ["hard", () => cache.invalidateTags(["a"], { hard: true } as object)],
    ["soft", () => cache.delete("a", { soft: true } as object)],
    ["namespace", () => cache.delete("a", { namespace: null as unknown as string })],
    ["load", () => cache.getOrSet("a", 1 as unknown as () => number)],
    ["keys", () => cache.getMany("a" as unknown as string[])],
    ["keys", () => cache.getOrSetMany(undefined as unknown as string[], () => [])],
    ["loadMany", () => cache.getOrSetMany(["a"], undefined as unknown as () => [])],
  ])("a wrong %s (%s)", async (option, call) => {
    await expect(call()).rejects.toEqual(invalid(option));
  });

  test.each<[string, unknown[]]>([
    ["fn", ["user"]],
    ["fn", [undefined]],
    ["key", [async () => 1, { name: "f", key: "user" }]],
    ["key", [async () => 1, { name: "f", key: null }]],
    ["options of wrap", [async () => 1, null]],
    ["options of wrap", [async () => 1, "f"]],
  ])("wrap, a wrong %s", (option, args) => {
    const wrap = vi.fn(cache.wrap.bind(cache)) as unknown as (...args: unknown[]) => unknown;
    expect(() => wrap(...args)).toThrow(invalid(option));
  });
});

function wrong(option: string, values: readonly unknown[]): [string, string, unknown][] {
  return values.map((value) => [
    `${option}: ${JSON.stringify(value) ?? String(value)}`,
    option,
    { backend, [option]: value },
  ]);
}

function within(outer: string, option: string, values: readonly unknown[]): [string, string, unknown][] {
  return values.map((value) => [
    `${outer}.${option}: ${JSON.stringify(value) ?? String(value)}`,
    `${outer}.${option}`,
    { backend, [outer]: { [option]: value } },
  ]);
}

function methods(): object {
  return { name: "own", get() {}, set() {}, delete() {}, versions: () => ({}), close() {} };
}
