import type { Entry } from "../entry.ts";
import { BodyCapture } from "./body-capture.ts";
import type { Refusal } from "./cache-status.ts";
import { clientHas, isContentField, readConditions } from "./conditional.ts";
import { parseWhole } from "./directives.ts";
import { type FieldMap, fieldMap, overlay, tokens } from "./fields.ts";
import { initialAge } from "./freshness.ts";
import { replyFrom } from "./hit.ts";
import { Inputs } from "./inputs.ts";
import type { MissFacts } from "./miss-facts.ts";
import { isRead } from "./request-body.ts";
import type { Body, HeaderFields, Reply, ResponseHead, StoredResponse } from "./response.ts";
import { judgeResponse, type ResponseJudgement } from "./response-policy.ts";
import { handlersOwn, mergeFields, revalidationFields } from "./revalidation.ts";
import { controlIn } from "./targeted.ts";
import type { MissTicket, StreamVerdict, Verdict } from "./ticket.ts";
import { anythingElse } from "./vary.ts";

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
  readonly watch: Inputs;
  readonly target: string | undefined;
  readonly #facts: MissFacts;
  #ended = false;
  #gaveWay = false;

  constructor(facts: MissFacts) {
    const { route, request, target, stale } = facts;
    this.#facts = facts;
    this.ask = stale === undefined || !isRead(request) ? [] : revalidationFields(stale);
    this.target = target;
    this.watch = new Inputs(route.inputs.identity);
  }

  commit(head: ResponseHead, body: Uint8Array): Verdict {
    if (this.#gaveWay) return nothing;
    const { route, forward } = this.#facts;
    const given = this.#given(head);
    const { fields } = given;
    const reply = this.#fromStale(given);
    if (reply !== undefined) return { ...nothing, reply };
    const judgement = this.#judge(given, body);
    if (!judgement.store) {
      this.#refuse(judgement, head.status);
      return this.#verdict(given, route.status.notStored(forward, judgement, fields.get("cache-status")));
    }
    const additions = [
      ...this.#defaults(fields, judgement, judgement.age, judgement.lifetime.ttl),
      ...route.validator(head.status, fields, body),
    ];
    // A copy: the handler may use its buffer again, and a small one may be a part of a large one.
    const stored = this.#store(given, additions, new Uint8Array(body), judgement);
    const own = stored
      ? route.status.stored(forward, judgement.lifetime.ttl, fields.get("cache-status"))
      : route.status.notStored(forward, { reason: "backend" }, fields.get("cache-status"));
    return this.#verdict(given, [...additions, ...own]);
  }

  stream(head: ResponseHead): StreamVerdict {
    if (this.#gaveWay) return { reply: undefined, set: [], capture: undefined };
    const { route, forward } = this.#facts;
    const given = this.#given(head);
    const { fields } = given;
    const reply = this.#fromStale(given);
    if (reply !== undefined) return { reply, set: [], capture: undefined };
    const judgement = this.#judge(given, undefined);
    if (!judgement.store) {
      this.#refuse(judgement, head.status);
      const set = route.status.notStored(forward, judgement, fields.get("cache-status"));
      return { reply, set, capture: undefined };
    }
    const defaults = this.#defaults(fields, judgement, judgement.age, judgement.lifetime.ttl);
    const capture = this.#ended ? undefined : this.#capture(given, defaults, judgement.vary);
    const own = route.status.notStored(forward, undefined, fields.get("cache-status"));
    return { reply, set: [...defaults, ...own], capture };
  }

  abandon(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#facts.fill.abandon();
  }

  giveWay(): void {
    this.#gaveWay = true;
    if (this.#ended) return;
    this.#ended = true;
    this.#facts.fill.giveWay();
  }

  clientGone(): void {
    if (!this.#ended && !this.#facts.fill.orphan()) this.#ended = true;
  }

  #given(head: ResponseHead): Given {
    const { earlier, route } = this.#facts;
    return { head, fields: overlay(earlier, fieldMap(head.fields)), madeAt: route.now() };
  }

  /** What is stored, where the handler says that it still holds, or fails to say anything. */
  #fromStale(given: Given): Reply | undefined {
    const { stale } = this.#facts;
    const { status } = given.head;
    if (stale === undefined) return undefined;
    if (status === 304) return this.ask.length > 0 ? this.#validated(given, stale) : undefined;
    return status < 500 ? undefined : this.#standIn(status, stale);
  }

  /** The handler says that the stored answer still holds (RFC 9111 4.3.4). Judged anew: the 304 may say otherwise now. */
  #validated(given: Given, stale: StoredResponse): Reply {
    const { route, fill, forward, request } = this.#facts;
    const held = merged(given, stale);
    const judgement = this.#judge(held, undefined);
    const tag = stale.tagged ? stale.fields.filter(([name]) => name.toLowerCase() === "etag") : [];
    const now = route.now();
    const age = judgement.store ? judgement.age : initialAge(held.fields, given.madeAt);
    const left = judgement.store ? judgement.lifetime.ttl : 0;
    const additions = [...this.#defaults(held.fields, judgement, age, left), ...tag];
    const response = this.#stored(held, additions, stale.body, age);
    let own = route.status.validated(forward, 0, false);
    if (judgement.store) {
      const entry = this.#commit(response, judgement);
      own = route.status.validated(forward, judgement.lifetime.ttl, entry !== undefined && fill.storable);
    } else {
      this.#refuse(judgement);
    }
    return replyFrom({ storedAt: now }, response, request, now, route.added(own, response, 0, left));
  }

  /** What is stored, in place of an error (RFC 5861 4). */
  #standIn(status: number, stale: StoredResponse): Reply | undefined {
    const { fill, route, request } = this.#facts;
    if (this.#ended) return undefined;
    const entry = fill.standIn(status);
    if (entry === undefined) return undefined;
    this.#ended = true;
    const now = route.now();
    const left = entry.freshUntil - now;
    const own = route.status.stale(left, "stale-if-error");
    return replyFrom(entry, stale, request, now, route.added(own, stale, now - entry.storedAt, left));
  }

  /** `told`: what the head, which has gone out, says that the answer varies by. */
  #capture(given: Given, defaults: HeaderFields, told: readonly string[]): BodyCapture {
    const { route, fill } = this.#facts;
    fill.streams();
    return new BodyCapture(route.maxBodyBytes, (body, reason) => {
      if (body === undefined) {
        this.#refuse({ reason });
        return;
      }
      // Judged again: it may have become old while it was on its way.
      const judgement = this.#judge(given, body);
      if (!judgement.store) {
        this.#refuse(judgement, given.head.status);
        return;
      }
      const late = judgement.vary.find((name) => !told.includes(name) && !settledByHead.has(name));
      if (late !== undefined) {
        this.#refuse({ reason: "late-input", detail: late });
        return;
      }
      const additions = [...defaults, ...route.validator(given.head.status, given.fields, body)];
      this.#store(given, additions, body, { ...judgement, vary: told });
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
    if (length > route.maxBodyBytes) return { store: false, reason: "too-large" };
    const judged = this.#judgeInputs(judgement, asked.keyed);
    return judged.store && !isRead(this.#facts.request) ? withoutRefresh(judged) : judged;
  }

  /** What the handler has read so far must be in the key, or join it. */
  #judgeInputs(judgement: Storable, keyed: ReadonlySet<string>): ResponseJudgement {
    const { route, fill, request } = this.#facts;
    const { vary, granted } = judgement;
    const known = vary.length === 0 ? keyed : new Set([...keyed, ...vary]);
    const personal = route.identity !== undefined;
    const inputs = route.inputs.judge(this.watch, request, { keyed: known, granted, personal });
    if (!inputs.store) {
      route.tellInput(fill.key, inputs.input, inputs.remedy);
      return inputs;
    }
    return inputs.vary.length === 0 ? judgement : { ...judgement, vary: [...vary, ...inputs.vary].sort() };
  }

  #defaults(fields: FieldMap, judgement: ResponseJudgement, age: number, left: number): HeaderFields {
    const { route, keyed } = this.#facts;
    if (!judgement.store || judgement.vary.length === 0) return route.defaults(fields, keyed, age, left);
    const varied = judgement.vary.filter((name) => name !== anythingElse);
    return route.defaults(fields, [...keyed, ...varied], age, left);
  }

  /**
   * What `Vary` may name. `Origin` too if earlier middleware named it: what that is about are the fields of CORS, which
   * the same middleware sets again on a hit. Unless the handler has looked at it as well.
   */
  #keyed(head: ResponseHead): ReadonlySet<string> {
    const { keyed, earlier } = this.#facts;
    if (!tokens(earlier.get("vary")).includes("origin")) return keyed;
    if (this.watch.all || this.watch.names.has("origin")) return keyed;
    const setByHandler = head.fields.some(([name]) => name.toLowerCase().startsWith("access-control-"));
    return setByHandler ? keyed : new Set([...keyed, "origin"]);
  }

  /**
   * Not stored. If there is an older answer, a new one shows that it does not hold any more, whatever the new one is, and
   * it is not served any more either. No new answer is an error, one that did not arrive, and one for somebody who said
   * who they are, or that came of an input which is not in the key: others may be told something else.
   */
  #refuse(refusal: Refusal, status?: number): void {
    if (this.#ended) return;
    this.#ended = true;
    const { route, fill, identified } = this.#facts;
    route.telemetry.refuse(fill.key, refusal.reason, refusal.detail);
    const arrived = !notForAll.has(refusal.reason) && (status === undefined || !isPassing(status));
    if (arrived && !identified) fill.withdraw();
    else fill.abandon();
  }

  /** Says whether the answer can be stored, as far as is known yet. */
  #store(given: Given, additions: HeaderFields, body: Uint8Array, judgement: Storable): boolean {
    if (this.#ended) return false;
    const entry = this.#commit(this.#stored(given, additions, body, judgement.age), judgement);
    return entry !== undefined && this.#facts.fill.storable;
  }

  /** The answer as it is stored. */
  #stored({ head, fields }: Given, additions: HeaderFields, body: Body, age: number): StoredResponse {
    const { route } = this.#facts;
    const judged = controlIn(fields);
    const open = route.isOpen(fields);
    const shown = open ? additions.filter(([name]) => name !== "Cache-Control") : additions;
    const replaced = judged === fields.get("cache-control") && shown.some(([name]) => name === "Cache-Control");
    const ownWord = judged !== undefined && (replaced || judged === controlIn(fieldMap(head.fields)));
    return {
      status: head.status,
      fields: route.storedFields(head, fields, shown),
      body,
      age,
      ...(!ownWord && { control: judged ?? "" }),
      ...(additions.some(([name]) => name.toLowerCase() === "etag") && { tagged: true }),
      ...(open && { open }),
    };
  }

  #commit(response: StoredResponse, { lifetime, vary }: Storable): Entry | undefined {
    if (this.#ended) return undefined;
    this.#ended = true;
    const { fill, tags, placeOf } = this.#facts;
    const { ttl, staleFor, errorFor, keepFor } = lifetime;
    const placement = placeOf(vary, ttl + Math.max(staleFor, errorFor, keepFor));
    const mustAsk = ttl === 0 && staleFor === 0;
    return fill.commit(response, { ...lifetime, ...placement, mustAsk, ...(tags !== undefined && { tags }) });
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

/** An adapter has no way to ask with the same body again, so what has a body is not refreshed in the background. */
function withoutRefresh(judgement: Storable): Storable {
  return { ...judgement, lifetime: { ...judgement.lifetime, staleFor: 0 } };
}

/**
 * Once the head is out, its coding is settled, and whoever looks at these fields is compression further out, which codes
 * hits as well.
 */
const settledByHead: ReadonlySet<string> = new Set(["accept-encoding", "x-no-compression"]);

/** Refusals of what says nothing about the answer that others would get: it is not whole, or one client's own. */
const notForAll = new Set(["incomplete", "aborted", "unkeyed-input", "late-input"]);

/** Whether a status says nothing about what is stored: an error, a plea to come back later, a 304 that nobody asked for. */
function isPassing(status: number): boolean {
  return status < 200 || status > 499 || [304, 408, 425, 429].includes(status);
}

const nothing = { reply: undefined, set: [], notModified: false, remove: [] } as const;

/** The stored answer after a 304 for it, without what the cache itself has added. */
function merged(given: Given, stale: StoredResponse): Given {
  const { head, fields: said, madeAt } = given;
  const fields = mergeFields(handlersOwn(stale), head.fields, fieldMap(head.fields));
  const dated = head.fields.some(([name]) => name.toLowerCase() === "date") ? fields : withDate(fields, said, madeAt);
  return { head: { status: stale.status, fields: dated }, fields: overlay(said, fieldMap(dated)), madeAt };
}

/** A 304 without a `Date` was made now. */
function withDate(fields: HeaderFields, said: FieldMap, madeAt: number): HeaderFields {
  const date = said.get("date") ?? new Date(madeAt).toUTCString();
  return [...fields.filter(([name]) => name.toLowerCase() !== "date"), ["Date", date]];
}
