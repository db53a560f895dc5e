import { toBytes } from "../bytes.ts";
import { checkBoolean, checkFunction, checkObject, checkTags } from "../checks.ts";
import { toMilliseconds } from "../duration.ts";
import { invalidOption } from "../errors.ts";
import type { CacheInternals } from "../internals.ts";
import { tagLabel } from "../labels.ts";
import type { Policy } from "../policy.ts";
import type { Space } from "../space.ts";
import type { Telemetry } from "../telemetry.ts";
import { CacheStatus } from "./cache-status.ts";
import { ClientControl, saysHowLong } from "./client-control.ts";
import { contentTag } from "./etag.ts";
import { extendList, type FieldMap, isFieldName, isStorableField, tokens } from "./fields.ts";
import { HttpKeys } from "./http-key.ts";
import { Identity } from "./identity.ts";
import { defaultIdentity, InputPolicy, inputNames } from "./input-policy.ts";
import { Invalidates } from "./invalidates.ts";
import type { RouteOptions } from "./options.ts";
import { QueryFilter } from "./query.ts";
import { type CachedMethod, cachedMethods } from "./request-body.ts";
import type { RequestPolicy } from "./request-policy.ts";
import type { RequestView } from "./request-view.ts";
import type { HeaderFields, ResponseHead, StoredResponse } from "./response.ts";
import { responsePacking } from "./response-packing.ts";
import type { ResponsePolicy } from "./response-policy.ts";

const optionNames = [
  "ttl",
  "namespace",
  "tags",
  "key",
  "host",
  "vary",
  "cookies",
  "unkeyed",
  "identity",
  "private",
  "methods",
  "query",
  "invalidates",
  "statuses",
  "clientTtl",
  "override",
  "clientDirectives",
  "staleWhileRevalidate",
  "staleIfError",
  "heuristic",
  "reloadEvery",
  "maxBodyBytes",
  "statusHeader",
  "enabled",
] as const;

/** Names of inputs may come from clients; no more than this are told of. */
const mostTold = 100;

/** A route's options, resolved once: nothing of this is worked out again for a request. */
export class Route {
  readonly space: Space;
  readonly entries: Policy;
  readonly keys: HttpKeys;
  readonly requests: RequestPolicy;
  readonly policy: ResponsePolicy;
  readonly inputs: InputPolicy;
  readonly status: CacheStatus;
  readonly identity: Identity | undefined;
  readonly query: QueryFilter | undefined;
  readonly invalidates: Invalidates | undefined;
  /** All entries for a target carry its label, as there may be several. */
  readonly labelled: boolean;
  readonly maxBodyBytes: number;
  readonly tagsOf: ((request: RequestView) => readonly string[]) | undefined;
  readonly telemetry: Telemetry;
  readonly enabled: () => boolean;
  readonly now: () => number;
  /** Inputs that an event has told of already. */
  readonly #told = new Set<string>();
  readonly #client: ClientControl;

  /** @throws CachetteError `OPTION_INVALID` */
  constructor(cache: CacheInternals, options: RouteOptions) {
    checkObject("options of a route", options, optionNames);
    checkFunction("key", options.key);
    const { tags, cookies, key, enabled = true } = options;
    const owned = options.private !== undefined;
    const fixedTags = typeof tags === "function" || tags === undefined ? [] : checkTags(tags);
    const ttl = options.ttl === undefined ? undefined : toMilliseconds(options.ttl, "ttl");
    this.space = cache.spaces.of(options.namespace);
    this.entries = {
      labels: [...this.space.labels, ...fixedTags.map(tagLabel)],
      ttl: ttl ?? 0,
      packing: responsePacking,
    };
    const host = checkBoolean("host", options.host ?? true);
    const keyedCookies = cookies === undefined || cookies === "ignore" ? [] : names("cookies", cookies);
    this.keys = new HttpKeys({ host, vary: varyNames(options.vary ?? []), cookies: keyedCookies, key });
    this.inputs = new InputPolicy({
      unkeyed: inputNames("unkeyed", options.unkeyed ?? []),
      identity: inputNames("identity", options.identity ?? defaultIdentity),
      host,
      cookies: cookies === undefined || cookies === "ignore" ? cookies : keyedCookies,
    });
    this.identity = options.private === undefined ? undefined : new Identity(options.private);
    this.query = options.query === undefined ? undefined : new QueryFilter(options.query);
    this.invalidates =
      options.invalidates === undefined ? undefined : new Invalidates(options.invalidates, cache.spaces);
    const methods = methodsOf(options.methods ?? ["GET"]);
    this.labelled = this.keys.several || owned || methods.has("QUERY") || methods.has("POST");
    this.#client = new ClientControl(options.clientTtl, owned);
    this.requests = {
      methods,
      owned,
      clientDirectives: oneOf("clientDirectives", options.clientDirectives ?? "honour", ["honour", "ignore"]),
      cookies: cookies === undefined && !owned ? "refuse" : "accept",
      reloadEvery: toMilliseconds(options.reloadEvery ?? "1s", "reloadEvery"),
    };
    this.policy = {
      ttl,
      override: checkBoolean("override", options.override ?? false),
      statuses: statusTimes(options.statuses ?? {}),
      staleFor: toMilliseconds(options.staleWhileRevalidate ?? 0, "staleWhileRevalidate"),
      errorFor: toMilliseconds(options.staleIfError ?? 0, "staleIfError"),
      heuristic: checkBoolean("heuristic", options.heuristic ?? false),
      owned,
    };
    this.status = new CacheStatus(statusHeader(options.statusHeader ?? "X-Cache"));
    this.maxBodyBytes = toBytes(options.maxBodyBytes ?? "1mb", "maxBodyBytes");
    this.tagsOf = typeof tags === "function" ? tags : undefined;
    this.telemetry = cache.telemetry;
    this.enabled = checkBoolean("enabled", enabled) ? cache.enabled : () => false;
    this.now = () => cache.options.clock.now();
  }

  /**
   * What the first answer and all hits show beyond, or in place of, what was given. What the key holds is in `Vary`, and
   * so is what the answer was found to vary by: caches further out must know of it. `age` and `left`: see
   * `ClientControl.own`.
   */
  defaults(given: FieldMap, keyed: Iterable<string>, age: number, left: number): HeaderFields {
    const fields: (readonly [string, string])[] = [];
    const control = saysHowLong(given) ? this.#client.instead(given) : this.#client.own(age, left);
    if (control !== undefined) fields.push(["Cache-Control", control]);
    const targeted = this.#client.targeted(given);
    if (targeted !== undefined) fields.push(["CDN-Cache-Control", targeted]);
    const vary = extendList(given.get("vary"), keyed);
    if (vary !== undefined) fields.push(["Vary", vary]);
    if (!given.has("date")) fields.push(["Date", new Date(this.now()).toUTCString()]);
    return fields;
  }

  /** Tells of an input that keeps answers from being stored; once for each. */
  tellInput(key: string, input: string, remedy: string): void {
    if (this.#told.has(input) || this.#told.size >= mostTold) return;
    this.#told.add(input);
    this.telemetry.unkeyedInput(key, input, remedy);
  }

  /** Whether each reply is to say anew how long clients may keep it. */
  isOpen(given: FieldMap): boolean {
    return this.#client.changes && !saysHowLong(given);
  }

  /** The fields that a reply has beyond those that are stored. `left`: for how many milliseconds it is still fresh. */
  added(own: HeaderFields, { open, age }: StoredResponse, held: number, left: number): HeaderFields {
    if (open !== true) return own;
    return [...own, ["Cache-Control", this.#client.own(Math.max(0, held + age), left)]];
  }

  /** A tag made from the content, if none was given. */
  validator(status: number, given: FieldMap, body: Uint8Array): HeaderFields {
    return given.has("etag") || status > 299 ? [] : [["ETag", contentTag(body)]];
  }

  /** The fields as all hits show them. */
  storedFields(head: ResponseHead, given: FieldMap, additions: HeaderFields): HeaderFields {
    const dropped = new Set([...tokens(given.get("connection")), this.status.shortName]);
    for (const [name] of additions) dropped.add(name.toLowerCase());
    const kept = head.fields.filter(([name]) => {
      const key = name.toLowerCase();
      return isStorableField(key) && !dropped.has(key);
    });
    return [...kept, ...additions];
  }
}

/** In lower case, each once. `*` is a field name by its letters, but names no field. */
function varyNames(value: readonly string[]): readonly string[] {
  const vary = new Set(names("vary", value).map((name) => name.toLowerCase()));
  if (vary.has("*")) throw invalidOption("vary", "names of request fields", "*");
  return [...vary];
}

function names(option: string, value: readonly string[]): readonly string[] {
  if (Array.isArray(value) && value.every(isFieldName)) return [...value];
  throw invalidOption(option, "a list of names", value);
}

function methodsOf(value: readonly CachedMethod[]): ReadonlySet<string> {
  if (!Array.isArray(value) || value.length === 0 || !value.every((method) => cachedMethods.includes(method))) {
    throw invalidOption("methods", `a list of ${cachedMethods.join(", ")}`, value);
  }
  return new Set<string>(value.includes("GET") ? [...value, "HEAD"] : value);
}

function oneOf<Choice extends string>(option: string, value: Choice, choices: readonly Choice[]): Choice {
  if (choices.includes(value)) return value;
  throw invalidOption(option, choices.map((choice) => `"${choice}"`).join(" or "), value);
}

function statusHeader(value: string | false): string | false {
  if (value === false || isFieldName(value)) return value;
  throw invalidOption("statusHeader", "the name of a header field, or false", value);
}

function statusTimes(statuses: NonNullable<RouteOptions["statuses"]>): ReadonlyMap<number, number> {
  const times = new Map<number, number>();
  for (const [text, ttl] of Object.entries(statuses)) {
    const status = Number(text);
    if (!(Number.isInteger(status) && status >= 200 && status <= 599) || status === 206 || status === 304) {
      throw invalidOption("statuses", "statuses from 200 to 599, without 206 and 304", text);
    }
    times.set(status, toMilliseconds(ttl, `statuses.${status}`));
  }
  return times;
}
