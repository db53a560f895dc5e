import type { Fill } from "../fill.ts";
import { BodyCapture } from "./body-capture.ts";
import type { Forward } from "./cache-status.ts";
import { type Conditions, clientHas, isContentField } from "./conditional.ts";
import { type FieldMap, fieldMap } from "./fields.ts";
import { initialAge } from "./freshness.ts";
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
    const { route, forward } = this.#facts;
    const fields = fieldMap(head.fields);
    let judgement = this.#judge(head, fields);
    if (judgement.store && !hasLength(fields, body.byteLength)) judgement = { store: false, reason: "incomplete" };
    if (judgement.store && body.byteLength > route.maxBodyBytes) judgement = { store: false, reason: "too-large" };
    if (!judgement.store) {
      this.#refuse(judgement);
      const own = route.status.notStored(forward, judgement.reason, judgement.detail, fields.get("cache-status"));
      return this.#verdict(head, fields.get("etag"), fields, own);
    }
    const additions = this.#store(head, fields, body, judgement.ttl);
    const own = this.#facts.fill.storable
      ? route.status.stored(forward, judgement.ttl, fields.get("cache-status"))
      : route.status.notStored(forward, "backend", undefined, fields.get("cache-status"));
    const etag = fields.get("etag") ?? additions.find(([name]) => name === "ETag")?.[1];
    return this.#verdict(head, etag, fields, [...additions, ...own]);
  }

  stream(head: ResponseHead): StreamVerdict {
    const { route, forward } = this.#facts;
    const fields = fieldMap(head.fields);
    const judgement = this.#judge(head, fields);
    if (!judgement.store) {
      this.#refuse(judgement);
      const set = route.status.notStored(forward, judgement.reason, judgement.detail, fields.get("cache-status"));
      return { set, capture: undefined };
    }
    const capture = new BodyCapture(route.maxBodyBytes, (body, reason) => {
      if (body === undefined) this.#refuse({ reason });
      else if (!hasLength(fields, body.byteLength)) this.#refuse({ reason: "incomplete" });
      else this.#store(head, fields, body, judgement.ttl);
    });
    const own = route.status.notStored(forward, undefined, undefined, fields.get("cache-status"));
    return { set: [...route.defaults(fields), ...own], capture };
  }

  abandon(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#facts.fill.abandon();
  }

  clientGone(): void {
    if (!this.#ended && !this.#facts.fill.orphan()) this.#ended = true;
  }

  #judge(head: ResponseHead, fields: FieldMap): ResponseJudgement {
    const { route, keyed } = this.#facts;
    return judgeResponse(head.status, fields, keyed, route.policy, route.now());
  }

  #refuse(judgement: { readonly reason: string; readonly detail?: string }): void {
    if (this.#ended) return;
    this.#facts.route.telemetry.refuse(this.#facts.fill.key, judgement.reason, judgement.detail);
    this.abandon();
  }

  /** Stores the answer, and gives the fields that it then shows beyond the handler's. */
  #store(head: ResponseHead, fields: FieldMap, body: Uint8Array, ttl: number): HeaderFields {
    const { route, fill, tags } = this.#facts;
    const additions = route.additions(head.status, fields, body);
    if (!this.#ended) {
      this.#ended = true;
      const response: StoredResponse = {
        status: head.status,
        fields: route.storedFields(head, fields, additions),
        body,
        age: initialAge(fields),
      };
      fill.commit(response, tags === undefined ? { ttl } : { ttl, tags });
    }
    return additions;
  }

  #verdict(head: ResponseHead, etag: string | undefined, fields: FieldMap, set: HeaderFields): Verdict {
    const { conditions } = this.#facts;
    if (conditions === undefined || !clientHas(conditions, head.status, etag, fields.get("last-modified"))) {
      return { set, notModified: false, remove: [] };
    }
    return { set, notModified: true, remove: [...fields.keys()].filter(isContentField) };
  }
}

/** RFC 9111 3.3: a body that is shorter than announced is not complete. */
function hasLength(fields: FieldMap, length: number): boolean {
  const announced = fields.get("content-length");
  return announced === undefined || announced === String(length);
}
