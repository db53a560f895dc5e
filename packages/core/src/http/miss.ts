import type { Entry } from "../entry.ts";
import type { Fill } from "../fill.ts";
import { BodyCapture } from "./body-capture.ts";
import type { Forward, Refusal } from "./cache-status.ts";
import { clientHas, isContentField, readConditions } from "./conditional.ts";
import { parseWhole } from "./directives.ts";
import { type FieldMap, fieldMap, overlay, tokens } from "./fields.ts";
import { replyFrom } from "./hit.ts";
import type { RequestView } from "./request-view.ts";
import type { HeaderFields, Reply, ResponseHead, StoredResponse } from "./response.ts";
import { judgeResponse, type ResponseJudgement } from "./response-policy.ts";
import { mergeFields, revalidationFields } from "./revalidation.ts";
import type { Route } from "./route.ts";
import type { MissTicket, StreamVerdict, Verdict } from "./ticket.ts";

/** What is known of a request when its handler is about to run. */
export interface MissFacts {
  readonly route: Route;
  readonly fill: Fill;
  readonly request: RequestView;
  /** There is a client; without one, it is a refresh in the background. */
  readonly hasClient: boolean;
  /** Request fields in the key, in lower case. */
  readonly keyed: ReadonlySet<string>;
  /** The request said who it is from. */
  readonly identified: boolean;
  readonly tags: readonly string[] | undefined;
  readonly forward: Forward;
  /** What earlier middleware has set on the answer. */
  readonly earlier: FieldMap;
  /** The answer in `fill.stale`. */
  readonly stale: StoredResponse | undefined;
  /** Where an answer that varies is to be stored; `undefined` for under the key that was looked up. */
  readonly variantKey: (vary: readonly string[], lives: number) => string | undefined;
}

/** An answer as the client would see it, with what earlier middleware has set. */
interface Given {
  readonly head: ResponseHead;
  readonly fields: FieldMap;
  readonly madeAt: number;
}

type Storable = Extract<ResponseJudgement, { store: true }>;

/** The ticket of a request whose handler has to run. */
export class Miss implements MissTicket {
  readonly state = "miss";
  readonly ask: HeaderFields;
  readonly #facts: MissFacts;
  #ended = false;

  constructor(facts: MissFacts) {
    this.#facts = facts;
    this.ask = facts.stale === undefined ? [] : revalidationFields(facts.stale);
  }

  commit(head: ResponseHead, body: Uint8Array): Verdict {
    const { route, forward, keyed, stale } = this.#facts;
    const given = this.#given(head);
    const { fields } = given;
    if (head.status === 304 && stale !== undefined && this.ask.length > 0) return this.#validated(given, stale);
    const standIn = this.#standIn(head.status);
    if (standIn !== undefined) return { ...nothing, reply: standIn };
    const judgement = this.#judge(given, body);
    if (!judgement.store) {
      this.#refuse(judgement);
      return this.#verdict(given, route.status.notStored(forward, judgement, fields.get("cache-status")));
    }
    const additions = [...route.defaults(fields, keyed), ...route.validator(head.status, fields, body)];
    // A copy: the handler may use its buffer again, and a small one may be a part of a large one.
    const stored = this.#store(given, additions, new Uint8Array(body), judgement);
    const own = stored
      ? route.status.stored(forward, judgement.lifetime.ttl, fields.get("cache-status"))
      : route.status.notStored(forward, { reason: "backend" }, fields.get("cache-status"));
    return this.#verdict(given, [...additions, ...own]);
  }

  stream(head: ResponseHead): StreamVerdict {
    const { route, forward, keyed } = this.#facts;
    const given = this.#given(head);
    const { fields } = given;
    const reply = this.#standIn(head.status);
    if (reply !== undefined) return { reply, set: [], capture: undefined };
    const judgement = this.#judge(given, undefined);
    if (!judgement.store) {
      this.#refuse(judgement);
      const set = route.status.notStored(forward, judgement, fields.get("cache-status"));
      return { reply, set, capture: undefined };
    }
    const defaults = route.defaults(fields, keyed);
    const capture = this.#ended ? undefined : this.#capture(given, defaults);
    const own = route.status.notStored(forward, undefined, fields.get("cache-status"));
    return { reply, set: [...defaults, ...own], capture };
  }

  abandon(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#facts.fill.abandon();
  }

  clientGone(): void {
    if (!this.#ended && !this.#facts.fill.orphan()) this.#ended = true;
  }

  #given(head: ResponseHead): Given {
    const { earlier, route } = this.#facts;
    return { head, fields: overlay(earlier, fieldMap(head.fields)), madeAt: route.now() };
  }

  /** The handler says that the stored answer still holds (RFC 9111 4.3.4). Judged anew: the 304 may say otherwise now. */
  #validated(given: Given, stale: StoredResponse): Verdict {
    const { route, fill, request, keyed } = this.#facts;
    const before = fill.stale as Entry;
    const said = mergeFields(givenFields(before, stale), given.head.fields, fieldMap(given.head.fields));
    const head: ResponseHead = { status: stale.status, fields: withDate(said, given) };
    const held = { ...given, head, fields: overlay(given.fields, fieldMap(head.fields)) };
    const judgement = this.#judge(held, undefined);
    const merged = [...head.fields, ...route.defaults(held.fields, keyed)];
    let entry: Entry | undefined;
    if (judgement.store) {
      const response = { ...stale, fields: merged, age: judgement.age };
      entry = this.#commit(response, judgement);
      if (entry !== undefined) {
        const own = route.status.validated(judgement.lifetime.ttl, fill.storable);
        return { ...nothing, reply: replyFrom(entry, response, request, route.now(), own) };
      }
    } else {
      this.#refuse(judgement);
    }
    const response = { ...stale, fields: merged, age: 0 };
    const own = route.status.validated(0, false);
    const reply = replyFrom(before, response, request, route.now(), own);
    return { ...nothing, reply };
  }

  /** What is stored, in place of an error (RFC 5861 4). */
  #standIn(status: number): Reply | undefined {
    const { fill, route, request, stale } = this.#facts;
    if (status < 500 || this.#ended || stale === undefined) return undefined;
    const entry = fill.standIn(status);
    if (entry === undefined) return undefined;
    this.#ended = true;
    const now = route.now();
    return replyFrom(entry, stale, request, now, route.status.stale(entry.freshUntil - now, "stale-if-error"));
  }

  #capture(given: Given, defaults: HeaderFields): BodyCapture {
    const { route } = this.#facts;
    return new BodyCapture(route.maxBodyBytes, (body, reason) => {
      if (body === undefined) {
        this.#refuse({ reason });
        return;
      }
      // Judged again: it may have become old while it was on its way.
      const judgement = this.#judge(given, body);
      if (!judgement.store) this.#refuse(judgement);
      else
        this.#store(given, [...defaults, ...route.validator(given.head.status, given.fields, body)], body, judgement);
    });
  }

  /** `body`: `undefined` while it is still to come. */
  #judge({ head, fields, madeAt }: Given, body: Uint8Array | undefined): ResponseJudgement {
    const { route, identified } = this.#facts;
    const asked = { keyed: this.#keyed(head), identified };
    const judgement = judgeResponse(head.status, fields, asked, route.policy, route.now(), madeAt);
    if (!judgement.store) return judgement;
    const announced = fields.get("content-length");
    // RFC 9111 3.3: a body that is shorter than announced is not complete.
    if (body !== undefined && announced !== undefined && announced !== String(body.byteLength)) {
      return { store: false, reason: "incomplete" };
    }
    const length = body?.byteLength ?? parseWhole(announced ?? "") ?? 0;
    return length > route.maxBodyBytes ? { store: false, reason: "too-large" } : judgement;
  }

  /**
   * What `Vary` may name. `Origin` too if earlier middleware named it: what that is about are the fields of CORS, which
   * the same middleware sets again on a hit.
   */
  #keyed(head: ResponseHead): ReadonlySet<string> {
    const { keyed, earlier } = this.#facts;
    if (!tokens(earlier.get("vary")).includes("origin")) return keyed;
    const setByHandler = head.fields.some(([name]) => name.toLowerCase().startsWith("access-control-"));
    return setByHandler ? keyed : new Set([...keyed, "origin"]);
  }

  /** Not stored; and if there is an older answer, it is not to be served any more either. */
  #refuse(refusal: Refusal): void {
    if (this.#ended) return;
    this.#ended = true;
    const { route, fill } = this.#facts;
    route.telemetry.refuse(fill.key, refusal.reason, refusal.detail);
    if (replaces.has(refusal.reason)) fill.withdraw();
    else fill.abandon();
  }

  /** Says whether the answer can be stored, as far as is known yet. */
  #store({ head, fields }: Given, additions: HeaderFields, body: Uint8Array, judgement: Storable): boolean {
    if (this.#ended) return false;
    const { route, fill } = this.#facts;
    const stored = route.storedFields(head, fields, additions);
    const entry = this.#commit({ status: head.status, fields: stored, body, age: judgement.age }, judgement);
    return entry !== undefined && fill.storable;
  }

  #commit(response: StoredResponse, { lifetime, vary }: Storable): Entry | undefined {
    if (this.#ended) return undefined;
    this.#ended = true;
    const { fill, tags, variantKey } = this.#facts;
    const key = variantKey(vary, Math.max(lifetime.ttl, lifetime.keepFor));
    const settlement = { ...lifetime, ...(tags !== undefined && { tags }), ...(key !== undefined && { key }) };
    return fill.commit(response, settlement);
  }

  #verdict({ head, fields }: Given, set: HeaderFields): Verdict {
    const { request, route, hasClient } = this.#facts;
    const conditions = hasClient ? readConditions(request) : undefined;
    const etag = fields.get("etag") ?? set.find(([name]) => name === "ETag")?.[1];
    const notModified =
      conditions !== undefined && clientHas(conditions, head.status, etag, fields.get("last-modified"), route.now());
    const remove = notModified ? [...fields.keys()].filter(isContentField) : [];
    return { reply: undefined, set, notModified, remove };
  }
}

/** Refusals by which a new answer takes the place of what is stored; others, such as an error, leave it alone. */
const replaces = new Set(["no-store", "private", "no-cache", "vary", "set-cookie", "set-cookie2", "authorization"]);

const nothing = { set: [], notModified: false, remove: [] } as const;

/**
 * What is stored, without the `no-cache` that clients are told by default: what was fresh all the same did not come with
 * it, so it says nothing against storing it again.
 */
function givenFields({ storedAt, freshUntil }: Entry, { fields }: StoredResponse): HeaderFields {
  if (freshUntil <= storedAt) return fields;
  return fields.filter(([name, value]) => name.toLowerCase() !== "cache-control" || value !== "no-cache");
}

/** A 304 without a `Date` was made now. */
function withDate(fields: HeaderFields, { fields: given, madeAt }: Given): HeaderFields {
  if (given.has("date")) return fields;
  return [...fields.filter(([name]) => name.toLowerCase() !== "date"), ["Date", new Date(madeAt).toUTCString()]];
}
