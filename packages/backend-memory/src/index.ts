export { type MemoryBackend, type MemoryBackendOptions, memoryBackend } from "./memory-backend.ts";
