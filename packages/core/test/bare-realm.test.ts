import { fileURLToPath } from "node:url";
import { createContext, Script } from "node:vm";
import { build } from "esbuild";
import { beforeAll, describe, expect, test } from "vitest";

/** Runs inside the realm: all of core that needs no platform, on a backend that is written here. */
const program = `
import { cached, composeKeyBuilders, createCache, isCachetteError, joinKey } from "./index.ts";

function objectBackend() {
  const values = new Map();
  const stamps = new Map();
  let mark = { epoch: "only", seq: 0 };
  return {
    name: "bare",
    holds: "objects",
    get: (key) => values.get(key),
    set: (key, value) => void values.set(key, value),
    delete: (key) => values.delete(key),
    versions: () => ({
      get current() {
        return mark;
      },
      read: (labels) => ({ mark, stamps: labels.map((label) => stamps.get(label) ?? { hard: 0, soft: 0 }) }),
      advance(labels, kind) {
        mark = { epoch: mark.epoch, seq: mark.seq + 1 };
        for (const label of labels) stamps.set(label, { hard: 0, soft: 0, ...stamps.get(label), [kind]: mark.seq });
      },
    }),
    close() {},
  };
}

globalThis.values = async () => {
  const events = [];
  const cache = createCache({ backend: objectBackend(), onEvent: ({ type }) => events.push(type) });
  let loads = 0;
  const load = () => Promise.resolve(++loads);
  const get = cache.wrap(async function get(id) {
    return { id, at: new Date(0), load: await load(), bytes: Uint8Array.of(1) };
  }, { tags: ({ id }) => ["id:" + id], key: composeKeyBuilders((call, tail) => joinKey(tail(), "é".repeat(300))) });
  const together = await Promise.all([cache.getOrSet("a", load), cache.getOrSet("a", load), cache.getOrSet("a", load)]);
  const first = await get({ n: 1 });
  const second = await get({ n: 1 });
  await cache.set("b", new Map([[1n, null]]));
  const map = await cache.get("b");
  await cache.delete("b");
  await cache.invalidateTags(["id:[object Object]"]);
  const third = await get({ n: 1 });
  await cache.namespace("n").set("a", 1);
  await cache.clear({ namespace: "n" });
  await cache.clear();
  const gone = [await cache.get("a"), await cache.get("b"), await cache.namespace("n").get("a")];
  const refused = await cache.getOrSet("", load).catch((error) => isCachetteError(error, "KEY_INVALID"));
  await cache.close();
  return JSON.stringify({
    together,
    loads: [first.load, second.load, third.load],
    types: [second.at instanceof Date, second.bytes instanceof Uint8Array, map.get(1n) === null],
    gone: gone.map((value) => value === undefined),
    refused,
    events: events.length > 10,
  });
};

globalThis.deadline = async () => {
  const backend = { ...objectBackend(), get: () => new Promise(() => {}) };
  const events = [];
  const cache = createCache({ backend, deadline: 5, patience: 5, onEvent: (event) => events.push(event) });
  cache.getOrSet("a", () => new Promise(() => {}));
  const value = await cache.getOrSet("a", () => "loaded");
  return JSON.stringify({ value, code: events[0].error.code });
};

globalThis.others = Object.getOwnPropertyNames(globalThis);
`;

interface Realm {
  readonly others: readonly string[];
  values(): Promise<string>;
  deadline(): Promise<string>;
}

let bundle: string;

beforeAll(async () => {
  const sources = fileURLToPath(new URL("../src", import.meta.url));
  const { outputFiles } = await build({
    stdin: { contents: program, resolveDir: sources, loader: "js" },
    bundle: true,
    write: false,
    format: "iife",
    platform: "neutral",
    target: "es2023",
  });
  bundle = outputFiles[0]?.text ?? "";
});

/** The bundle, run where there is nothing but the language and `globals`. */
function realm(globals: object = {}): Realm {
  const context = createContext({ ...globals });
  // What engines give to every realm although the language does not have it.
  new Script("delete globalThis.console; delete globalThis.WebAssembly;").runInContext(context);
  new Script(bundle).runInContext(context);
  return context as unknown as Realm;
}

const everything = {
  together: [1, 1, 1],
  loads: [2, 2, 3],
  types: [true, true, true],
  gone: [true, true, true],
  refused: true,
  events: true,
};

describe("core in a realm of its own", () => {
  test("works where there is nothing but ECMAScript", async () => {
    const bare = realm();
    for (const name of ["console", "process", "Buffer", "setTimeout", "TextEncoder", "crypto", "URL", "performance"]) {
      expect(bare.others).not.toContain(name);
    }
    expect(JSON.parse(await bare.values())).toEqual(everything);
  });

  test("keeps its deadlines where there are timers", async () => {
    const timed = realm({ setTimeout, clearTimeout });
    expect(JSON.parse(await timed.values())).toEqual(everything);
    expect(JSON.parse(await timed.deadline())).toEqual({ value: "loaded", code: "BACKEND_TIMEOUT" });
  });
});
