import type { Fill } from "../fill.ts";
import { BodyCapture } from "./body-capture.ts";
import type { Forward, Refusal } from "./cache-status.ts";
import { type Conditions, clientHas, isContentField } from "./conditional.ts";
import { parseWhole } from "./directives.ts";
import { type FieldMap, fieldMap, overlay, tokens } from "./fields.ts";
import type { HeaderFields, ResponseHead, StoredResponse } from "./response.ts";
import { judgeResponse, type ResponseJudgement } from "./response-policy.ts";
import type { Route } from "./route.ts";
import type { MissTicket, StreamVerdict, Verdict } from "./ticket.ts";

/** What is known of a request when its handler is about to run. */
export interface MissFacts {
  readonly route: Route;
  readonly fill: Fill;
  readonly conditions: Conditions | undefined;
  /** Request fields in the key, in lower case. */
  readonly keyed: ReadonlySet<string>;
  readonly tags: readonly string[] | undefined;
  readonly forward: Forward;
  /** What earlier middleware has set on the answer. */
  readonly earlier: FieldMap;
}

/** An answer as the client would see it, with what earlier middleware has set. */
interface Given {
  readonly head: ResponseHead;
  readonly fields: FieldMap;
  readonly madeAt: number;
}

/** The ticket of a request whose handler has to run. */
export class Miss implements MissTicket {
  readonly state = "miss";
  readonly #facts: MissFacts;
  #ended = false;

  constructor(facts: MissFacts) {
    this.#facts = facts;
  }

  commit(head: ResponseHead, body: Uint8Array): Verdict {
    const { route, forward, keyed } = this.#facts;
    const given = this.#given(head);
    const { fields } = given;
    const judgement = this.#judge(given, body);
    if (!judgement.store) {
      this.#refuse(judgement);
      return this.#verdict(given, route.status.notStored(forward, judgement, fields.get("cache-status")));
    }
    const additions = [...route.defaults(fields, keyed), ...route.validator(head.status, fields, body)];
    // A copy: the handler may use its buffer again, and a small one may be a part of a large one.
    const stored = this.#store(given, additions, new Uint8Array(body), judgement);
    const own = stored
      ? route.status.stored(forward, judgement.ttl, fields.get("cache-status"))
      : route.status.notStored(forward, { reason: "backend" }, fields.get("cache-status"));
    return this.#verdict(given, [...additions, ...own]);
  }

  stream(head: ResponseHead): StreamVerdict {
    const { route, forward, keyed } = this.#facts;
    const given = this.#given(head);
    const { fields } = given;
    const judgement = this.#judge(given, undefined);
    if (!judgement.store) {
      this.#refuse(judgement);
      return { set: route.status.notStored(forward, judgement, fields.get("cache-status")), capture: undefined };
    }
    const defaults = route.defaults(fields, keyed);
    const capture = this.#ended ? undefined : this.#capture(given, defaults);
    return { set: [...defaults, ...route.status.notStored(forward, undefined, fields.get("cache-status"))], capture };
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
    const { route } = this.#facts;
    const judgement = judgeResponse(head.status, fields, this.#keyed(head), route.policy, route.now(), madeAt);
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

  #refuse(refusal: Refusal): void {
    if (this.#ended) return;
    this.#facts.route.telemetry.refuse(this.#facts.fill.key, refusal.reason, refusal.detail);
    this.abandon();
  }

  /** Says whether the answer can be stored, as far as is known yet. */
  #store(
    { head, fields }: Given,
    additions: HeaderFields,
    body: Uint8Array,
    { ttl, age }: { readonly ttl: number; readonly age: number },
  ): boolean {
    this.#ended = true;
    const { route, fill, tags } = this.#facts;
    const stored = route.storedFields(head, fields, additions);
    const response: StoredResponse = { status: head.status, fields: stored, body, age };
    const entry = fill.commit(response, tags === undefined ? { ttl } : { ttl, tags });
    return entry !== undefined && fill.storable;
  }

  #verdict({ head, fields }: Given, set: HeaderFields): Verdict {
    const { conditions, route } = this.#facts;
    const etag = fields.get("etag") ?? set.find(([name]) => name === "ETag")?.[1];
    const notModified =
      conditions !== undefined && clientHas(conditions, head.status, etag, fields.get("last-modified"), route.now());
    return { set, notModified, remove: notModified ? [...fields.keys()].filter(isContentField) : [] };
  }
}
