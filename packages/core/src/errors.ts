/**
 * Every code that an error of Cachette can carry, with the sentence that opens its message when nothing more
 * precise is known. The codes are part of the public interface: they are added to, never renamed.
 */
export const ERROR_CODES = {
  /** Thrown at construction, or at the call that was handed the option. */
  OPTION_INVALID: "An option is not valid.",
  /** Thrown while a key is built from the arguments of a call. */
  KEY_UNSUPPORTED: "A key cannot be made from this value.",
  /** Thrown for a key that is no text or an empty one, whether a caller or a key builder gave it. */
  KEY_INVALID: "This is not a key.",
  /** Thrown when a function is wrapped that has no name to tell its entries from those of others. */
  NAME_MISSING: "What is cached needs a name.",
  /** Thrown by a coder: the value is served to its caller and not stored. */
  ENCODE_UNSUPPORTED: "This value cannot be stored.",
  /** Thrown by a coder: the entry counts as a miss. */
  DECODE_FAILED: "What was stored cannot be read.",
  /** A load took longer than `timeout.hard`. */
  LOAD_TIMEOUT: "The load took too long.",
  /** A call to the backend did not answer within its deadline. */
  BACKEND_TIMEOUT: "The backend did not answer in time.",
  /** The backend is known to be down, and was not called. */
  BACKEND_UNAVAILABLE: "The backend is not available.",
  /** The backend answered with an error, which is the `cause`. */
  BACKEND_FAILED: "The backend failed.",
  /** An invalidation could not reach the backend. It is remembered and carried out before the backend is trusted again. */
  INVALIDATION_PENDING: "The invalidation has not reached the backend yet.",
  /** The cache was used after `close()`. */
  CACHE_CLOSED: "The cache is closed.",
} as const;

/** The closed list of codes of {@link CachetteError}. */
export type CachetteErrorCode = keyof typeof ERROR_CODES;

/** What a {@link CachetteError} is made of. */
export interface CachetteErrorDetails {
  readonly code: CachetteErrorCode;
  /** Replaces the sentence of the code; further details are appended to either. */
  readonly message?: string;
  /** The option, or the place in a value, that is at fault: `ttl`, `arguments[1].user`. */
  readonly option?: string;
  /** What would have been right, as it reads after "expected": `a duration such as "10s"`. */
  readonly expected?: string;
  /** What came instead. Only a short description of it is kept, never the value. */
  readonly received?: unknown;
  /** What the reader can do about it: a sentence of its own, put last. */
  readonly remedy?: string;
  /** The error behind this one. */
  readonly cause?: unknown;
}

const marker: unique symbol = Symbol.for("cachette.error");

const longestText = 80;

/**
 * The one class of errors that Cachette throws of its own accord; the error of a load or of a handler reaches the
 * caller as it is. Tell it by {@link isCachetteError}, which also works across two copies of the package.
 */
export class CachetteError extends Error {
  override readonly name: string = "CachetteError";
  readonly code: CachetteErrorCode;
  /** The option, or the place in a value, that is at fault. */
  readonly option: string | undefined;
  /** What would have been right. */
  readonly expected: string | undefined;
  /** A short description of what came, with its type. */
  readonly received: string | undefined;

  constructor(details: CachetteErrorDetails) {
    const received = "received" in details ? describe(details.received) : undefined;
    super(messageOf(details, received), "cause" in details ? { cause: details.cause } : undefined);
    this.code = details.code;
    this.option = details.option;
    this.expected = details.expected;
    this.received = received;
  }

  get [marker](): true {
    return true;
  }
}

/** Whether `value` is a {@link CachetteError}, of this copy of the package or of another, and of `code` if one is given. */
export function isCachetteError(value: unknown, code?: CachetteErrorCode): value is CachetteError {
  if (typeof value !== "object" || value === null) return false;
  const candidate = value as Partial<CachetteError>;
  return candidate[marker] === true && (code === undefined || candidate.code === code);
}

/** The error for a wrong option; the caller throws it. */
export function invalidOption(option: string, expected: string, received: unknown): CachetteError {
  return new CachetteError({ code: "OPTION_INVALID", option, expected, received });
}

function messageOf(details: CachetteErrorDetails, received: string | undefined): string {
  const facts: string[] = [];
  if (details.expected !== undefined) facts.push(`expected ${details.expected}`);
  if (received !== undefined) facts.push(`got ${received}`);
  const place = details.option === undefined ? [] : [details.option];
  const sentences = [details.message ?? ERROR_CODES[details.code]];
  if (place.length + facts.length > 0) sentences.push(`${[...place, facts.join(", ")].filter(Boolean).join(": ")}.`);
  if (details.remedy !== undefined) sentences.push(details.remedy);
  return sentences.join(" ");
}

/**
 * A value in a few words, with its type: `"abc" (string)`, `an array of 3`, `an instance of User`. Text is cut after 80
 * characters, and what objects hold is never shown.
 */
export function describe(value: unknown): string {
  switch (typeof value) {
    case "undefined":
      return "undefined";
    case "string":
      return `${JSON.stringify(shorten(value))} (string)`;
    case "bigint":
      // Printing a long one takes time that grows with the square of its length.
      return BigInt.asIntN(128, value) === value ? `${value}n (bigint)` : "a very large bigint";
    case "function":
      return value.name === "" ? "an unnamed function" : `the function ${shorten(value.name)}`;
    case "object":
      return value === null ? "null" : describeObject(value);
    default:
      return `${shorten(String(value))} (${typeof value})`;
  }
}

function describeObject(value: object): string {
  try {
    if (Array.isArray(value)) return `an array of ${value.length}`;
    const prototype: unknown = Object.getPrototypeOf(value);
    if (prototype === null || prototype === Object.prototype) return "an object";
    const name: unknown = value.constructor.name;
    return typeof name === "string" && name !== ""
      ? `an instance of ${shorten(name)}`
      : "an instance of an unnamed class";
  } catch {
    return "an object";
  }
}

function shorten(text: string): string {
  return text.length > longestText ? `${text.slice(0, longestText - 1)}…` : text;
}
