import { memoryBackend } from "../../backend-memory/src/index.ts";
import { type FaultyBackend, faultyBackend } from "../../testing/src/index.ts";
import type { ByteBackend, Clock } from "../src/index.ts";

/** A backend as if in another process, with its bytes laid open. */
export function byteBackend(clock: Clock): { backend: FaultyBackend<ByteBackend>; bytes: Map<string, Uint8Array> } {
  const bytes = new Map<string, Uint8Array>();
  const labels = memoryBackend({ maxEntries: 1 });
  const backend: ByteBackend = {
    name: "bytes",
    holds: "bytes",
    get: (key) => bytes.get(key),
    set: (key, value) => {
      bytes.set(key, value);
    },
    delete: (key) => bytes.delete(key),
    versions: (scope) => labels.versions(scope),
    close() {},
  };
  return { backend: faultyBackend(backend, { clock, remote: true }), bytes };
}
