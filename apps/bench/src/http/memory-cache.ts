import { memoryBackend } from "@cachette/backend-memory";
import { type Cache, createCache } from "@cachette/core";

/** The cache that the servers with Cachette have. */
export function memoryCache(): Cache {
  return createCache({ backend: memoryBackend({ maxBytes: "64mb" }), prefix: "bench" });
}
