import { memoryBackend } from "../../backend-memory/src/index.ts";
import { type ManualClock, manualClock } from "../../testing/src/index.ts";
import {
  type Body,
  conditionalFields,
  createHttpCache,
  type HeaderFields,
  type HttpCache,
  type InputWatch,
  type MissTicket,
  type RequestView,
  type RouteOptions,
  type Ticket,
  type Verdict,
} from "../src/http/index.ts";
import { type Backend, type Cache, type CacheEvent, type CacheOptions, createCache } from "../src/index.ts";
import { type RequestParts, request } from "./http-request.ts";

/** What a handler says. */
export interface Answer {
  readonly status?: number;
  readonly fields?: HeaderFields;
  readonly body?: string | Uint8Array;
}

export type Handler = (request: RequestView) => Answer | Promise<Answer>;

/** What a client gets. */
export interface Sent {
  readonly state: Ticket["state"];
  readonly status: number;
  readonly fields: HeaderFields;
  readonly body: string | undefined;
  /** The lines of a field, joined. */
  field(name: string): string | undefined;
}

export interface SiteOptions {
  readonly route?: RouteOptions;
  readonly cache?: Partial<CacheOptions>;
  /** In place of one in memory. */
  readonly backend?: (clock: ManualClock) => Backend;
  /** What earlier middleware sets on every answer. */
  readonly earlier?: (request: RequestView) => HeaderFields;
  /** Whether the cache is told what the handler reads. Default: `false`. */
  readonly watched?: boolean;
}

export const start = Date.UTC(2026, 10, 23, 12);

/** One route of a server, played through to the end as an adapter does it. Time stands still. */
export class Site {
  readonly clock: ManualClock;
  readonly cache: Cache;
  readonly http: HttpCache;
  readonly events: CacheEvent[] = [];
  /** How often the handler has run. */
  runs = 0;
  handler: Handler;
  /** Those that run in the background. */
  readonly #refreshes: Promise<void>[] = [];
  readonly #earlier: (request: RequestView) => HeaderFields;
  readonly #watched: boolean;

  constructor(
    handler: Handler,
    { route = { ttl: "1m" }, cache = {}, backend = inMemory, earlier = () => [], watched = false }: SiteOptions = {},
  ) {
    this.handler = handler;
    this.#watched = watched;
    this.clock = manualClock(start);
    this.cache = createCache({
      backend: backend(this.clock),
      clock: this.clock,
      onEvent: (event) => this.events.push(event),
      ...cache,
    });
    this.http = createHttpCache(this.cache, route);
    this.#earlier = earlier;
  }

  begin(url: string, parts?: RequestParts): Ticket | Promise<Ticket> {
    const view = request(url, parts);
    return this.http.begin(view, () => this.#earlier(view));
  }

  async ask(url: string, parts?: RequestParts): Promise<Sent> {
    const view = request(url, parts);
    const earlier = this.#earlier(view);
    const ticket = await this.http.begin(view, () => earlier);
    if (ticket.state === "hit" || ticket.state === "stale") {
      const { status, fields, body } = ticket.reply;
      if (ticket.state === "stale" && ticket.refresh !== undefined) this.#refresh(view, ticket.refresh);
      return sent(ticket.state, status, replaced(earlier, fields), octets(body));
    }
    if (ticket.state === "bypass") {
      this.runs++;
      const head = whole(await this.handler(view));
      await ticket.settled?.(head);
      return sent("bypass", head.status, replaced(replaced(earlier, ticket.fields), head.fields), head.body);
    }
    const head = await this.#run(view, ticket);
    const verdict = ticket.commit(head, head.body);
    if (verdict.reply !== undefined) {
      const { status, fields, body } = verdict.reply;
      return sent("miss", status, replaced(earlier, fields), octets(body));
    }
    return sent("miss", ...finished(replaced(earlier, head.fields), head, verdict));
  }

  /** Waits until nothing is refreshed in the background any more. */
  async refreshed(): Promise<void> {
    while (this.#refreshes.length > 0) await Promise.all(this.#refreshes.splice(0));
  }

  #refresh(view: RequestView, ticket: MissTicket): void {
    const refreshed = this.#run(view, ticket).then(
      (head) => void ticket.commit(head, head.body),
      () => {},
    );
    this.#refreshes.push(refreshed);
  }

  async #run(view: RequestView, ticket: MissTicket) {
    this.runs++;
    try {
      const seen = asking(view, ticket.ask);
      return whole(await this.handler(this.#watched ? watched(seen, ticket.watch) : seen));
    } catch (error) {
      ticket.abandon();
      throw error;
    }
  }

  refusals(): unknown[] {
    return this.events.filter(({ type }) => type === "refuse");
  }
}

function inMemory(clock: ManualClock): Backend {
  return memoryBackend({ maxBytes: "16mb", clock });
}

/** The request as the handler sees it: with the conditions of the cache in place of those of the client. */
function asking(view: RequestView, ask: HeaderFields): RequestView {
  const own = new Map(ask);
  return { ...view, header: (name) => (conditionalFields.includes(name) ? own.get(name) : view.header(name)) };
}

/** The request of a handler whose reading is watched. */
function watched(view: RequestView, watch: InputWatch): RequestView {
  return {
    ...view,
    header(name) {
      watch.field(name);
      return view.header(name);
    },
    names() {
      watch.fields();
      return view.names();
    },
  };
}

/** The body of a reply, whichever form it has. */
export function octets(body: Body | undefined): Uint8Array | undefined {
  return typeof body === "string" ? new TextEncoder().encode(body) : body;
}

function whole({ status = 200, fields = [], body = "" }: Answer) {
  return { status, fields, body: typeof body === "string" ? new TextEncoder().encode(body) : body };
}

/** `later` in place of what has the same name. */
function replaced(fields: HeaderFields, later: HeaderFields): HeaderFields {
  const names = new Set(later.map(([name]) => name.toLowerCase()));
  return [...fields.filter(([name]) => !names.has(name.toLowerCase())), ...later];
}

function finished(
  fields: HeaderFields,
  { status, body }: { readonly status: number; readonly body: Uint8Array },
  { set, notModified, remove }: Verdict,
): [status: number, fields: HeaderFields, body: Uint8Array | undefined] {
  const all = replaced(fields, set);
  if (!notModified) return [status, all, body];
  return [304, all.filter(([name]) => !remove.includes(name.toLowerCase())), undefined];
}

function sent(state: Ticket["state"], status: number, fields: HeaderFields, body: Uint8Array | undefined): Sent {
  return {
    state,
    status,
    fields,
    body: body && Buffer.from(body).toString("latin1"),
    field(name) {
      const lines = fields.filter(([field]) => field.toLowerCase() === name);
      return lines.length === 0 ? undefined : lines.map(([, value]) => value).join(", ");
    },
  };
}

/** Fields as a record, to compare without regard to their order. */
export function record(fields: HeaderFields): Record<string, string[]> {
  const lines: Record<string, string[]> = {};
  for (const [name, value] of fields) lines[name] = [...(lines[name] ?? []), value];
  return lines;
}
