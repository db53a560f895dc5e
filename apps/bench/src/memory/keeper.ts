import { type MemoryBackend, type MemoryBackendOptions, memoryBackend } from "@cachette/backend-memory";
import { createCache } from "@cachette/core";
import { createHttpCache } from "@cachette/core/http";
import { LRUCache } from "lru-cache";

/** Something that keeps values in memory. */
export interface Keeper {
  put(key: string, value: string | Uint8Array): Promise<void> | void;
  /** Bytes that it believes to be using, if it counts them. */
  counted(): number | undefined;
  /** How many values it holds. */
  size(): number;
  /** Of an answer, what is its key and value beyond what was put: method and origin, and the head as it goes out, in bytes. */
  headBytes?(): Promise<number>;
}

export const keepers: Readonly<Record<string, (bound: MemoryBackendOptions) => Keeper>> = {
  "Cachette, copied": (bound) => values(memoryBackend(bound), {}),
  "Cachette, shared": (bound) => values(memoryBackend(bound), { shared: true }),
  "Cachette, namespace and 3 tags": (bound) => values(memoryBackend(bound), { namespace: "v1", tags: ["a", "b", "c"] }),
  "Cachette, a route's answer": (bound) => answers(memoryBackend(bound)),
  "lru-cache": ({ maxEntries = 1 }) => {
    const lru = new LRUCache<string, string | Uint8Array>({ max: maxEntries });
    return { put: (key, value) => void lru.set(key, value), counted: () => undefined, size: () => lru.size };
  },
  // What they take before anybody keeps them.
  "keys and values in a list": ({ maxEntries = 1 }) => {
    const list = new Array<unknown>(2 * maxEntries);
    let at = 0;
    return {
      put(key, value) {
        list[at++] = key;
        list[at++] = value;
      },
      counted: () => undefined,
      size: () => at / 2,
    };
  },
};

function values(
  backend: MemoryBackend,
  options: { shared?: boolean; namespace?: string; tags?: readonly string[] },
): Keeper {
  const cache = createCache({ backend, prefix: "bench", ttl: "1h" });
  return {
    async put(key, value) {
      await cache.set(key, value, options);
    },
    counted: () => backend.bytes,
    size: () => backend.size,
  };
}

/** Fields that are made for each reply, and not stored. */
const ofTheReply: ReadonlySet<string> = new Set(["age", "cache-status", "content-length", "x-cache"]);

function answers(backend: MemoryBackend): Keeper {
  const route = createHttpCache(createCache({ backend, prefix: "bench" }), { ttl: "1h" });
  const view = { method: "GET", scheme: "http", host: "localhost", header: () => undefined, names: () => [] } as const;
  let last = "";
  return {
    async put(key, value) {
      const ticket = await route.begin({ ...view, url: `/${key}` });
      if (ticket.state !== "miss") throw new Error(`The route's cache says ${ticket.state}.`);
      const body = typeof value === "string" ? Buffer.from(value) : value;
      ticket.commit({ status: 200, fields: [["content-type", "text/plain"]] }, body);
      last = key;
    },
    async headBytes() {
      const ticket = await route.begin({ ...view, url: `/${last}` });
      if (ticket.state !== "hit") throw new Error(`The route's cache says ${ticket.state}.`);
      const stored = ticket.reply.fields.filter(([name]) => !ofTheReply.has(name.toLowerCase()));
      const lines = [
        "GET:http://localhost/",
        "HTTP/1.1 200 OK\r\n",
        ...stored.map((line) => `${line.join(": ")}\r\n`),
        "\r\n",
      ];
      return lines.join("").length;
    },
    counted: () => backend.bytes,
    size: () => backend.size,
  };
}
