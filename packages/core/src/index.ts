export type {
  Acquired,
  AcquireOptions,
  Backend,
  BackendOf,
  ByteBackend,
  FillOptions,
  Keepable,
  Leases,
  Mark,
  ObjectBackend,
  Reading,
  Receiver,
  SetOptions as BackendSetOptions,
  Stamp,
  Versions,
  Watch,
  Watcher,
} from "./backend.ts";
export type { ByteSize } from "./bytes.ts";
export { toBytes } from "./bytes.ts";
export type {
  Cache,
  CacheScope,
  CallOptions,
  ClearOptions,
  GetOptions,
  GetOrSetManyOptions,
  GetOrSetOptions,
  PurgeOptions,
  SetOptions,
} from "./cache.ts";
export { createCache } from "./cache.ts";
export type { CachedOptions } from "./cached.ts";
export { cached } from "./cached.ts";
export type { Cancel, Clock } from "./clock.ts";
export { systemClock } from "./clock.ts";
export type { Coder, Encoded } from "./coders/coder.ts";
export { jsonCoder } from "./coders/json-coder.ts";
export { typedCoder } from "./coders/typed-coder.ts";
export type { Counters } from "./counters.ts";
export type { Duration } from "./duration.ts";
export { toMilliseconds } from "./duration.ts";
export type { CachetteErrorCode, CachetteErrorDetails } from "./errors.ts";
export { CachetteError, ERROR_CODES, invalidOption, isCachetteError } from "./errors.ts";
export type { BackendOperation, BreakerState, CacheEvent, CacheEventListener } from "./events.ts";
export type { EarlyRefreshOptions, FreshnessOptions, LoadTimeouts } from "./freshness-options.ts";
export type { FunctionCall, KeyBuilder } from "./key-builder.ts";
export { composeKeyBuilders, joinKey } from "./key-builder.ts";
export type { LoadContext, LoadManyContext } from "./loading.ts";
export type { Pairs } from "./many.ts";
export type { CacheOptions } from "./options.ts";
export type { ResultOptions } from "./result-options.ts";
export type { UseOptions } from "./use.ts";
export type { Validity } from "./validity.ts";
export { judgeValidity } from "./validity.ts";
export type { Cacheable, ResultOf, WrapOptions, Wrapped } from "./wrap.ts";
