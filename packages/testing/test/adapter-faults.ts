import type {
  BypassTicket,
  HttpCache,
  MissTicket,
  Reply,
  RequestView,
  ResponseHead,
  RouteOptions,
  StaleTicket,
  StreamVerdict,
  Ticket,
  Verdict,
} from "@cachette/core/http";
import type { AdapterApp, AdapterRequest } from "../src/adapter/harness.ts";
import { type Exchange, type Handler, ReferenceAdapter, type Shown } from "./reference-adapter.ts";

/** A wrong adapter and the cases that have to find it out: these and no others. */
export interface AdapterFault {
  readonly fault: string;
  readonly adapter: typeof ReferenceAdapter;
  readonly found: readonly string[];
}

type Adapter = typeof ReferenceAdapter;
type Fields = Reply["fields"];

/** Replies changed before they are sent. */
function withReplies(change: (reply: Reply) => Reply): Adapter {
  return class extends ReferenceAdapter {
    override hit(exchange: Exchange, reply: Reply): void {
      super.hit(exchange, change(reply));
    }
  };
}

const withReplyFields = (change: (fields: Fields) => Fields): Adapter =>
  withReplies((reply) => ({ ...reply, fields: change(reply.fields) }));

/** Heads changed before the ticket is told of them, and what it says changed before it is done. */
function withTicket(wrong: {
  readonly head?: (head: ResponseHead, exchange: Exchange) => ResponseHead;
  readonly verdict?: <Said extends Verdict | StreamVerdict>(verdict: Said) => Said;
}): Adapter {
  const { head: changed = (head) => head, verdict = (said) => said } = wrong;
  return class extends ReferenceAdapter {
    override async miss(exchange: Exchange, ticket: MissTicket, handler: Handler): Promise<void> {
      const wrongTicket: MissTicket = {
        state: "miss",
        ask: ticket.ask,
        watch: ticket.watch,
        target: ticket.target,
        giveWay: () => ticket.giveWay(),
        commit: (head, body) => verdict(ticket.commit(changed(head, exchange), body)),
        stream: (head) => verdict(ticket.stream(changed(head, exchange))),
        abandon: () => ticket.abandon(),
        clientGone: () => ticket.clientGone(),
      };
      await super.miss(exchange, wrongTicket, handler);
    }
  };
}

const withHeadFields = (change: (fields: Fields, exchange: Exchange) => Fields): Adapter =>
  withTicket({ head: ({ status, fields }, exchange) => ({ status, fields: change(fields, exchange) }) });

/** Requests changed before the cache is told of them. */
function withViews(change: (view: RequestView, exchange: Exchange) => Partial<RequestView>): Adapter {
  return class extends ReferenceAdapter {
    override view(exchange: Exchange): RequestView {
      const view = super.view(exchange);
      return { ...view, ...change(view, exchange) };
    }
  };
}

/** Requests without some fields, as the cache is told of them. */
const withViewsWithout = (...names: string[]): Adapter =>
  withViews((view) => ({ header: (name) => (names.includes(name) ? undefined : view.header(name)) }));

/** How the handlers of a miss are shown their requests, changed. */
function withShown(change: (shown: Shown) => Shown): Adapter {
  return class extends ReferenceAdapter {
    override seen(exchange: Exchange, shown?: Shown): AdapterRequest {
      return super.seen(exchange, shown && change(shown));
    }
  };
}

/** Applications changed before they are set up. */
function withApp(change: (app: AdapterApp) => AdapterApp): Adapter {
  return class extends ReferenceAdapter {
    constructor(app: AdapterApp) {
      super(change(app));
    }
  };
}

const without =
  (...names: string[]) =>
  (fields: Fields): Fields =>
    fields.filter(([name]) => !names.includes(name.toLowerCase()));

const inReplies: readonly AdapterFault[] = [
  {
    fault: "drops Age",
    adapter: withReplyFields(without("age")),
    found: ["tells the age on hits, and not before"],
  },
  {
    fault: "drops Date",
    adapter: withReplyFields(without("date")),
    found: ["gives the handler's own fields back"],
  },
  {
    fault: "drops the type of the content",
    adapter: withReplyFields(without("content-type")),
    found: [
      "gives JSON back",
      "gives HTML back",
      "gives bytes of every value back",
      "gives an empty body back",
      "gives several lines of one field back",
      "passes pieces on as they come, and stores what is small enough",
      "gives the handler's fields of a stream back",
    ],
  },
  {
    fault: "drops the length of the content",
    adapter: withReplyFields(without("content-length")),
    found: [
      "gives bytes of every value back",
      "gives an empty body back",
      "answers HEAD from a stored GET: the same fields, no body",
      "works with a backend that answers later",
    ],
  },
  {
    fault: "takes bytes for text",
    adapter: withReplies((reply) => ({
      ...reply,
      body: reply.body && Buffer.from(new TextDecoder().decode(Buffer.from(reply.body))),
    })),
    found: ["gives bytes of every value back"],
  },
  {
    fault: "answers all hits with 200",
    adapter: withReplies((reply) => ({ ...reply, status: reply.status === 304 ? 304 : 200 })),
    found: [
      "gives a redirect back",
      "gives a 204 back, without a length",
      "gives the handler's fields of a stream back",
      "stores an error where it is told to",
    ],
  },
  {
    fault: "joins several lines of one field",
    adapter: withReplyFields((fields) => {
      const links = fields.filter(([name]) => name === "Link").map(([, value]) => value);
      return links.length === 0 ? fields : [...without("link")(fields), ["Link", links.join(", ")]];
    }),
    found: ["gives several lines of one field back"],
  },
  {
    fault: "gives a length to what has no content",
    adapter: withReplies((reply) =>
      reply.status === 204 ? { ...reply, fields: [...reply.fields, ["Content-Length", "0"]] } : reply,
    ),
    found: ["gives a 204 back, without a length"],
  },
  {
    fault: "sends the body to HEAD as well",
    adapter: class extends ReferenceAdapter {
      override hit(exchange: Exchange, reply: Reply): void {
        super.hit(exchange, reply);
        if (exchange.incoming.method === "HEAD") exchange.response.socket?.write("content");
      }
    },
    found: ["keeps the connection in use through all kinds of answers"],
  },
  {
    fault: "removes what came before",
    adapter: class extends ReferenceAdapter {
      override hit(exchange: Exchange, reply: Reply): void {
        for (const name of exchange.response.getHeaderNames()) exchange.response.removeHeader(name);
        super.hit(exchange, reply);
      }
    },
    found: [
      "gives each answer the fields that come from before the route",
      "adds what it varies by to what was said before the route",
    ],
  },
  {
    fault: "does not tell what came before",
    adapter: class extends ReferenceAdapter {
      override begin(http: HttpCache, view: RequestView): Ticket | Promise<Ticket> {
        return http.begin(view);
      }
    },
    found: [
      "does not share an answer for which a cookie was set before the route",
      "hears what was said of caching before the route, even if the handler says the same",
      "adds what it varies by to what was said before the route",
    ],
  },
  {
    fault: "lets what came before win",
    adapter: class extends ReferenceAdapter {
      override hit(exchange: Exchange, reply: Reply): void {
        const fields = reply.fields.filter(([name]) => !exchange.response.hasHeader(name));
        super.hit(exchange, { ...reply, fields });
      }
    },
    found: [
      "lets the handler's fields replace those from before the route, on hits too",
      "adds what it varies by to what was said before the route",
    ],
  },
  {
    fault: "answers from the handler's own buffer",
    adapter: class extends ReferenceAdapter {
      #body: Uint8Array | undefined;
      override whole(exchange: Exchange, ticket: MissTicket, head: ResponseHead, body: Uint8Array): void {
        this.#body = body;
        super.whole(exchange, ticket, head, body);
      }
      override hit(exchange: Exchange, reply: Reply): void {
        const own = reply.body?.length === this.#body?.length ? this.#body : undefined;
        super.hit(exchange, { ...reply, body: reply.body && (own ?? reply.body) });
      }
    },
    found: [
      "is not changed by what the handler does to its bytes afterwards",
      "tells targets apart",
      "tells hosts apart, whatever proxies claim",
      "serves what is stale without delay, and asks anew once for a hundred",
      "serves what is stale in place of an error that is answered, and then the error",
      "keeps what it has from those whose answers are their own",
      "stores it once the field is in the key, or does not matter",
      "keeps an answer for each language, as soon as a handler asks for it",
    ],
  },
];

const inRequests: readonly AdapterFault[] = [
  {
    fault: "takes HEAD for GET",
    adapter: withViews((view) => (view.method === "HEAD" ? { method: "GET" } : {})),
    found: ["never stores what HEAD is answered"],
  },
  {
    fault: "takes all methods for GET",
    adapter: withViews((view) => (view.method === "HEAD" ? {} : { method: "GET" })),
    found: [
      "leaves other methods alone",
      "forgets what a method that is not safe has changed",
      "answers POST by its body, which the handler can read",
      "makes void what a change says",
    ],
  },
  {
    fault: "leaves the query out",
    adapter: withViews((view) => ({ url: view.url.split("?", 1)[0] ?? "" })),
    found: ["tells targets apart", "shows the handler the target that counts"],
  },
  {
    fault: "believes in X-Forwarded-Host",
    adapter: withViews((view) => ({ host: view.header("x-forwarded-host") ?? view.host })),
    found: ["tells hosts apart, whatever proxies claim"],
  },
  {
    fault: "does not see Authorization",
    adapter: withViewsWithout("authorization"),
    found: [
      "does not store the answer to a request with Authorization",
      "keeps what it has from those whose answers are their own",
      "keeps the answers of each person for that person",
    ],
  },
  {
    fault: "does not see cookies",
    adapter: withViewsWithout("cookie"),
    found: [
      "leaves conditions to the handler where it does not cache",
      "does not look up for a request with cookies",
      "keeps what it has from those whose answers are their own",
    ],
  },
  {
    fault: "does not see what the client asks for",
    adapter: withViewsWithout("cache-control"),
    found: ["does not look up for a client that wants nothing stored"],
  },
  {
    fault: "does not see what the client has",
    adapter: withViewsWithout("if-none-match", "if-modified-since"),
    found: [
      "answers 304 on a hit to a client that has it",
      "answers 304 on the first answer, if the client has just that",
      "looks at If-Modified-Since where there is no If-None-Match",
      "answers HEAD with 304 to a client that has it",
      "lets the innermost of two caches answer, and waits for neither",
      "works with a backend that answers later",
    ],
  },
  {
    fault: "takes every client for one that has it",
    adapter: withViews((view) => ({
      header: (name) => (name === "if-none-match" && view.header(name) !== undefined ? "*" : view.header(name)),
    })),
    found: [
      "answers 200 on a hit to a client that has something else",
      "looks at If-Modified-Since where there is no If-None-Match",
      "does not show the handler what the client has",
      "shows the handler all else that the client sent",
    ],
  },
  {
    fault: "shows the handler what the client has",
    adapter: class extends ReferenceAdapter {
      override seen(exchange: Exchange, shown: Shown = {}): AdapterRequest {
        return super.seen(exchange, { ...shown, hidden: [] });
      }
    },
    found: ["does not show the handler what the client has"],
  },
  {
    fault: "hides what the client has from handlers whose answers are not cached",
    adapter: class extends ReferenceAdapter {
      override seen(exchange: Exchange, shown: Shown = {}): AdapterRequest {
        return super.seen(exchange, { ...shown, hidden: shown.hidden ?? ["if-none-match", "range"] });
      }
    },
    found: [
      "leaves conditions to the handler where it does not cache",
      "does not get in the way when it is turned off",
    ],
  },
  {
    fault: "hides too much from the handler",
    adapter: class extends ReferenceAdapter {
      override seen(exchange: Exchange, shown: Shown = {}): AdapterRequest {
        return super.seen(exchange, { ...shown, ...(shown.hidden && { hidden: [...shown.hidden, "x-note"] }) });
      }
    },
    found: ["shows the handler all else that the client sent"],
  },
];

const inAnswers: readonly AdapterFault[] = [
  {
    fault: "stores 500",
    adapter: withTicket({ head: (head) => (head.status === 500 ? { ...head, status: 200 } : head) }),
    found: [
      "answers 500 when the handler throws, and runs it again for the next",
      "answers 500 when the handler rejects, and runs it again for the next",
      "keeps nobody waiting when the handler rejects",
      "serves what is stale in place of an error that is thrown, and then the error",
      "does not store an error",
    ],
  },
  {
    fault: "takes all statuses for 200",
    adapter: withTicket({ head: (head) => ({ ...head, status: 200 }) }),
    found: [
      "gives a redirect back",
      "gives a 204 back, without a length",
      "answers 500 when the handler throws, and runs it again for the next",
      "answers 500 when the handler rejects, and runs it again for the next",
      "keeps nobody waiting when the handler rejects",
      "serves what is stale in place of an error that is thrown, and then the error",
      "serves what is stale in place of an error that is answered, and then the error",
      "gives the handler's fields of a stream back",
      "does not store an error",
      "does not store a page that is not there",
      "does not store a part",
      "stores an error where it is told to",
    ],
  },
  {
    fault: "forgets cookies",
    adapter: withHeadFields(without("set-cookie")),
    found: [
      "lets all run for themselves, at the same time, where answers set cookies",
      "does not store an answer with cookies",
    ],
  },
  {
    fault: "forgets what the handler says of caching",
    adapter: withHeadFields(without("cache-control")),
    found: [
      "gives a 204 back, without a length",
      "gives the handler's own fields back",
      "lets all run for themselves, at the same time, where answers are private",
      "forgets what is stale when the new answer is private",
      "forgets what is stale when the new answer is no-store",
      "does not store what is private",
      "does not store what must not be stored",
      "is not poisoned by who says where a request was meant to go",
      "lets the handler's fields replace those from before the route, on hits too",
      "keeps the answers of each person for that person",
    ],
  },
  {
    fault: "forgets what an answer varies by",
    adapter: withHeadFields(without("vary")),
    found: ["does not store what varies in ways it does not know"],
  },
  {
    fault: "takes fields from before for the handler's",
    adapter: withHeadFields((fields, { response }) => [
      ...fields,
      ...response.getHeaderNames().map((name) => [name, String(response.getHeader(name))] as const),
    ]),
    found: [
      "gives each answer the fields that come from before the route",
      "lets the handler's fields replace those from before the route, on hits too",
      "adds what it varies by to what was said before the route",
    ],
  },
  {
    fault: "does not say that it stores an answer",
    adapter: withTicket({
      verdict: (said) => ({ ...said, set: said.set.filter(([, value]) => !value.includes("; stored")) }),
    }),
    found: ["says what the cache did, on the first answer and on hits"],
  },
  {
    fault: "keeps the ETag to itself on first answers",
    adapter: withTicket({ verdict: (said) => ({ ...said, set: without("etag")(said.set) }) }),
    found: ["gives an ETag of the content, the same on the first answer, on hits and after a purge"],
  },
  {
    fault: "does not tell clients to ask again on first answers",
    adapter: withTicket({ verdict: (said) => ({ ...said, set: without("cache-control")(said.set) }) }),
    found: [
      "tells clients to ask again, where the handler says nothing else",
      "tells clients how long they may keep it",
    ],
  },
  {
    fault: "describes content that a 304 does not have",
    adapter: withTicket({ verdict: (said) => ("remove" in said ? { ...said, remove: [] } : said) }),
    found: ["answers 304 on the first answer, if the client has just that"],
  },
];

const inLoads: readonly AdapterFault[] = [
  {
    fault: "waits for nobody",
    adapter: class extends ReferenceAdapter {
      readonly #running = new Set<string>();
      override async cached(exchange: Exchange, http: HttpCache, handler: Handler): Promise<void> {
        const { url = "" } = exchange.incoming;
        if (this.#running.has(url)) return super.bypass(exchange, { state: "bypass", fields: [] }, handler);
        this.#running.add(url);
        await super.cached(exchange, http, handler).finally(() => this.#running.delete(url));
      }
    },
    found: [
      "runs the handler once for a hundred who ask at once",
      "lets all run for themselves, at the same time, where answers are private",
      "lets all run for themselves, at the same time, where answers set cookies",
      "goes on without a client that went away before the answer",
      "gives those who wait the answer that the first client did not stay for",
      "answers the others when one who waits goes away",
      "serves what is stale without delay, and asks anew once for a hundred",
      "keeps those who wait for a stream no longer than the stream takes",
    ],
  },
  {
    fault: "does not tell that the handler failed",
    adapter: class extends ReferenceAdapter {
      override failed(exchange: Exchange): Promise<void> {
        return this.respond(exchange, { status: 500, body: "broken" });
      }
    },
    found: [
      "answers 500 when the handler throws, and runs it again for the next",
      "answers 500 when the handler rejects, and runs it again for the next",
      "keeps nobody waiting when the handler rejects",
      "serves what is stale in place of an error that is thrown, and then the error",
    ],
  },
  {
    fault: "takes an error that is thrown for none",
    adapter: class extends ReferenceAdapter {
      override async failed(exchange: Exchange, ticket: MissTicket): Promise<void> {
        ticket.abandon();
        await this.respond(exchange, { status: 500, body: "broken" });
      }
    },
    found: ["serves what is stale in place of an error that is thrown, and then the error"],
  },
  {
    fault: "asks anew before it serves what is stale",
    adapter: class extends ReferenceAdapter {
      override async stale(exchange: Exchange, { reply, refresh }: StaleTicket, handler: Handler): Promise<void> {
        if (refresh !== undefined) await this.refresh(exchange, refresh, handler);
        this.hit(exchange, reply);
      }
    },
    found: ["serves what is stale without delay, and asks anew once for a hundred"],
  },
  {
    fault: "asks nobody anew",
    adapter: class extends ReferenceAdapter {
      override async refresh(_exchange: Exchange, ticket: MissTicket): Promise<void> {
        ticket.abandon();
      }
    },
    found: [
      "serves what is stale without delay, and asks anew once for a hundred",
      "keeps what is stale when an error is thrown behind it, and does not try again at once",
      "keeps what is stale when an error is answered behind it, and does not try again at once",
      "forgets what is stale when the new answer is private",
      "forgets what is stale when the new answer is no-store",
    ],
  },
  {
    fault: "asks anew for each who is served what is stale",
    adapter: class extends ReferenceAdapter {
      override async stale(exchange: Exchange, ticket: StaleTicket, handler: Handler): Promise<void> {
        await super.stale(exchange, ticket, handler);
        if (ticket.refresh === undefined) await Promise.resolve(handler(this.seen(exchange))).catch(() => {});
      }
    },
    found: [
      "serves what is stale without delay, and asks anew once for a hundred",
      "keeps what is stale when an error is thrown behind it, and does not try again at once",
      "keeps what is stale when an error is answered behind it, and does not try again at once",
    ],
  },
  {
    fault: "stores what it has asked for anew, whatever it says",
    adapter: class extends ReferenceAdapter {
      override async refresh(exchange: Exchange, ticket: MissTicket, handler: Handler): Promise<void> {
        const plain: Handler = async (request) => ({ ...(await handler(request)), headers: [] });
        await super.refresh(exchange, ticket, plain);
      }
    },
    found: [
      "forgets what is stale when the new answer is private",
      "forgets what is stale when the new answer is no-store",
    ],
  },
  {
    fault: "makes a page of an error",
    adapter: class extends ReferenceAdapter {
      override async failed(exchange: Exchange, ticket: MissTicket): Promise<void> {
        this.whole(exchange, ticket, { status: 200, fields: [] }, Buffer.from("sorry"));
      }
    },
    found: [
      "answers 500 when the handler throws, and runs it again for the next",
      "answers 500 when the handler rejects, and runs it again for the next",
      "keeps nobody waiting when the handler rejects",
      "keeps what is stale when an error is thrown behind it, and does not try again at once",
      "serves what is stale in place of an error that is thrown, and then the error",
    ],
  },
  {
    fault: "does not tell that the client is gone",
    adapter: class extends ReferenceAdapter {
      override closed(): void {}
    },
    found: ["goes on without a client that went away before the answer"],
  },
  {
    fault: "gives up when the client is gone",
    adapter: class extends ReferenceAdapter {
      override closed(exchange: Exchange, ticket: MissTicket): void {
        if (!exchange.response.writableFinished) ticket.abandon();
      }
    },
    found: ["gives those who wait the answer that the first client did not stay for"],
  },
  {
    fault: "gives up when anybody is gone",
    adapter: class extends ReferenceAdapter {
      #last: MissTicket | undefined;
      override async cached(exchange: Exchange, http: HttpCache, handler: Handler): Promise<void> {
        exchange.response.once("close", () => {
          if (!exchange.response.writableFinished) this.#last?.abandon();
        });
        await super.cached(exchange, http, handler);
      }
      override async miss(exchange: Exchange, ticket: MissTicket, handler: Handler): Promise<void> {
        this.#last = ticket;
        await super.miss(exchange, ticket, handler);
      }
    },
    found: [
      "gives those who wait the answer that the first client did not stay for",
      "answers the others when one who waits goes away",
    ],
  },
  {
    fault: "does not wait for a backend",
    adapter: class extends ReferenceAdapter {
      override begin(http: HttpCache, view: RequestView, exchange: Exchange): Ticket {
        const ticket = super.begin(http, view, exchange);
        if (!("then" in ticket)) return ticket;
        ticket.then((late) => late.state === "miss" && late.abandon());
        return { state: "bypass", fields: [] };
      }
    },
    found: [
      "runs the handler once for a hundred who ask at once",
      "lets all run for themselves, at the same time, where answers are private",
      "lets all run for themselves, at the same time, where answers set cookies",
      "gives those who wait the answer that the first client did not stay for",
      "answers the others when one who waits goes away",
      "keeps those who wait for a stream no longer than the stream takes",
      "answers from the handler when the backend fails",
      "works with a backend that answers later",
      "says so when the backend is out of reach, and makes up for it",
    ],
  },
  {
    fault: "fails when the backend fails",
    adapter: class extends ReferenceAdapter {
      override async cached(exchange: Exchange, http: HttpCache, handler: Handler): Promise<void> {
        if (await this.app.cache.ping()) await super.cached(exchange, http, handler);
        else await this.respond(exchange, { status: 503, body: "later" });
      }
    },
    found: ["answers from the handler when the backend fails", "answers within the deadline when the backend does not"],
  },
  {
    fault: "fails when the backend does not store",
    adapter: class extends ReferenceAdapter {
      override whole(exchange: Exchange, ticket: MissTicket, head: ResponseHead, body: Uint8Array): void {
        const { backendErrors } = this.app.cache.counters();
        const verdict = ticket.commit(head, body);
        if (this.app.cache.counters().backendErrors > backendErrors) throw new Error("not stored");
        super.whole(exchange, { ...ticket, commit: () => verdict }, head, body);
      }
    },
    found: ["answers when what it made cannot be stored"],
  },
  {
    fault: "looks up before what comes before",
    adapter: class extends ReferenceAdapter {
      readonly #seen = new Set<string>();
      override before(exchange: Exchange): boolean {
        const { url = "" } = exchange.incoming;
        if (this.#seen.has(url)) return true;
        const goOn = super.before(exchange);
        if (goOn) this.#seen.add(url);
        return goOn;
      }
    },
    found: [
      "gives each answer the fields that come from before the route",
      "does not share an answer for which a cookie was set before the route",
      "hears what was said of caching before the route, even if the handler says the same",
      "adds what it varies by to what was said before the route",
      "is not asked about a request that is refused before",
    ],
  },
];

const inStreams: readonly AdapterFault[] = [
  {
    fault: "gathers a stream before it sends it",
    adapter: class extends ReferenceAdapter {
      override async pieces(
        exchange: Exchange,
        ticket: MissTicket,
        head: ResponseHead,
        pieces: AsyncIterable<Uint8Array>,
      ): Promise<void> {
        const gathered: Uint8Array[] = [];
        try {
          for await (const piece of pieces) gathered.push(piece);
          this.whole(exchange, ticket, head, Buffer.concat(gathered));
        } catch {
          ticket.abandon();
          exchange.response.destroy();
        }
      }
    },
    found: [
      "passes pieces on as they come, and stores what is small enough",
      "lets 50 MB pass in flat memory, at the client's pace, and does not store them",
      "stores nothing when the client goes away in the middle",
    ],
  },
  {
    fault: "does not wait until the client has taken what was sent",
    adapter: class extends ReferenceAdapter {
      override async pump(
        response: Exchange["response"],
        pieces: AsyncIterable<Uint8Array>,
        copy: (piece: Uint8Array) => void,
      ): Promise<void> {
        for await (const piece of pieces) {
          if (response.destroyed) throw new Error("the client is gone");
          copy(piece);
          response.write(piece);
        }
      }
    },
    found: ["lets 50 MB pass in flat memory, at the client's pace, and does not store them"],
  },
  {
    fault: "copies the first piece of a stream alone",
    adapter: class extends ReferenceAdapter {
      override pump(
        response: Exchange["response"],
        pieces: AsyncIterable<Uint8Array>,
        copy: (piece: Uint8Array) => void,
      ): Promise<void> {
        let first = true;
        return super.pump(response, pieces, (piece) => {
          if (first) copy(piece);
          first = false;
        });
      }
    },
    found: [
      "passes pieces on as they come, and stores what is small enough",
      "stores a stream of many pieces byte by byte",
      "gives the handler's fields of a stream back",
      "lets 50 MB pass in flat memory, at the client's pace, and does not store them",
      "keeps those who wait for a stream no longer than the stream takes",
      "does not store what is larger than it may be",
    ],
  },
  {
    fault: "takes a broken stream for a whole one",
    adapter: class extends ReferenceAdapter {
      override pump(
        response: Exchange["response"],
        pieces: AsyncIterable<Uint8Array>,
        copy: (piece: Uint8Array) => void,
      ): Promise<void> {
        return super.pump(response, pieces, copy).catch(() => {});
      }
    },
    found: ["stores nothing when the source breaks, and cuts the connection"],
  },
  {
    fault: "stores what has come when the client goes",
    adapter: class extends ReferenceAdapter {
      override closed(exchange: Exchange, ticket: MissTicket): void {
        if (!exchange.response.headersSent) super.closed(exchange, ticket);
      }
      override async pump(
        response: Exchange["response"],
        pieces: AsyncIterable<Uint8Array>,
        copy: (piece: Uint8Array) => void,
      ): Promise<void> {
        await super.pump(response, pieces, copy).catch((error) => {
          if (!response.destroyed) throw error;
        });
      }
    },
    found: ["stores nothing when the client goes away in the middle"],
  },
  {
    fault: "does not begin a stream for a client that is gone, and does not say so",
    adapter: class extends ReferenceAdapter {
      override async pieces(
        exchange: Exchange,
        ticket: MissTicket,
        head: ResponseHead,
        pieces: AsyncIterable<Uint8Array>,
      ): Promise<void> {
        if (!exchange.response.destroyed) await super.pieces(exchange, ticket, head, pieces);
      }
    },
    found: ["keeps nobody waiting for a stream that the first client did not stay for"],
  },
  {
    fault: "leaves the source of a stream open when the client goes",
    adapter: class extends ReferenceAdapter {
      override async pump(
        response: Exchange["response"],
        pieces: AsyncIterable<Uint8Array>,
        copy: (piece: Uint8Array) => void,
      ): Promise<void> {
        const source = pieces[Symbol.asyncIterator]();
        const rest = { next: () => source.next() };
        await super.pump(response, { [Symbol.asyncIterator]: () => rest }, copy);
      }
    },
    found: ["stores nothing when the client goes away in the middle"],
  },
];

const inOptions: readonly AdapterFault[] = [
  {
    fault: "takes nothing but the ttl of a route's options",
    adapter: withApp((app) => ({
      ...app,
      routes: app.routes.map((route) => {
        const { ttl } = route.options;
        const options: RouteOptions = ttl === undefined ? {} : { ttl };
        return { ...route, options };
      }),
    })),
    found: [
      "names its status field as it is told",
      "serves what is stale without delay, and asks anew once for a hundred",
      "keeps what is stale when an error is thrown behind it, and does not try again at once",
      "serves what is stale in place of an error that is thrown, and then the error",
      "keeps what is stale when an error is answered behind it, and does not try again at once",
      "serves what is stale in place of an error that is answered, and then the error",
      "forgets what is stale when the new answer is private",
      "forgets what is stale when the new answer is no-store",
      "does not store what is larger than it may be",
      "stores an error where it is told to",
      "stores it once the field is in the key, or does not matter",
      "adds what it varies by to what was said before the route",
      "keeps the answers of each person for that person",
      "tells clients how long they may keep it",
      "answers POST by its body, which the handler can read",
      "shows the handler the target that counts",
      "makes void what a change says",
      "clears a namespace, and no other",
      "says so when the backend is out of reach, and makes up for it",
    ],
  },
  {
    fault: "stores for ever",
    adapter: withApp((app) => ({
      ...app,
      routes: app.routes.map((route) => ({ ...route, options: { ...route.options, ttl: Number.POSITIVE_INFINITY } })),
    })),
    found: [
      "says what the cache did, on the first answer and on hits",
      "tells the age on hits, and not before",
      "runs the handler again when the time is over",
      "serves what is stale without delay, and asks anew once for a hundred",
      "serves nothing that is stale for longer than it may be",
      "keeps what is stale when an error is thrown behind it, and does not try again at once",
      "serves what is stale in place of an error that is thrown, and then the error",
      "keeps what is stale when an error is answered behind it, and does not try again at once",
      "serves what is stale in place of an error that is answered, and then the error",
      "forgets what is stale when the new answer is private",
      "forgets what is stale when the new answer is no-store",
      "tells clients how long they may keep it",
    ],
  },
  {
    fault: "tells nothing of what handlers read",
    adapter: withShown(({ watch: _, ...rest }) => rest),
    found: [
      "does not store what comes of a field that is not in the key, and says how it would",
      "keeps an answer for each language, as soon as a handler asks for it",
      "is not poisoned by who says where a request was meant to go",
      "stores what is made of all fields only for requests in which nothing is unknown",
    ],
  },
  {
    fault: "tells of fields by other names",
    adapter: withShown(({ watch, ...rest }) => ({
      ...rest,
      ...(watch && { watch: Object.create(watch, { field: { value: (name: string) => watch.field(`not-${name}`) } }) }),
    })),
    found: [
      "does not show the handler what the client has",
      "tells hosts apart, whatever proxies claim",
      "tells requests apart by the fields it is told to",
      "does not store what is larger than it may be",
      "does not store what comes of a field that is not in the key, and says how it would",
      "stores it once the field is in the key, or does not matter",
      "keeps an answer for each language, as soon as a handler asks for it",
      "is not poisoned by who says where a request was meant to go",
      "stores what is made of all fields only for requests in which nothing is unknown",
    ],
  },
  {
    fault: "shows handlers the target as it was received",
    adapter: withShown(({ target: _, ...rest }) => rest),
    found: ["shows the handler the target that counts"],
  },
  {
    fault: "has no bodies for the cache",
    adapter: withViews(() => ({ body: () => undefined })),
    found: ["answers POST by its body, which the handler can read"],
  },
  {
    fault: "knows nobody",
    adapter: withViewsWithout("authorization"),
    found: [
      "does not store the answer to a request with Authorization",
      "keeps what it has from those whose answers are their own",
      "keeps the answers of each person for that person",
    ],
  },
  {
    fault: "tells of no change",
    adapter: class extends ReferenceAdapter {
      override async bypass(exchange: Exchange, { state, fields }: BypassTicket, handler: Handler): Promise<void> {
        await super.bypass(exchange, { state, fields }, handler);
      }
    },
    found: ["forgets what a method that is not safe has changed", "makes void what a change says"],
  },
  {
    fault: "lets a cached handler wait for the one around it",
    adapter: class extends ReferenceAdapter {
      override async goInside(exchange: Exchange, around: HttpCache): Promise<void> {
        await this.begin(around, this.view(exchange), exchange);
      }
    },
    found: ["lets the innermost of two caches answer, and waits for neither"],
  },
  {
    fault: "replays what clients were told about keeping it at first",
    adapter: withReplyFields((fields) => fields.filter(([name]) => name.toLowerCase() !== "cache-control")),
    found: [
      "gives the handler's own fields back",
      "tells clients to ask again, where the handler says nothing else",
      "lets the handler's fields replace those from before the route, on hits too",
      "keeps the answers of each person for that person",
      "tells clients how long they may keep it",
    ],
  },
  {
    fault: "lets anybody purge",
    adapter: withApp((app) => (app.purge ? { ...app, purge: { ...app.purge, authorize: () => true } } : app)),
    found: ["refuses whoever may not"],
  },
  {
    fault: "purges nothing without a namespace",
    adapter: class extends ReferenceAdapter {
      override async purge(exchange: Exchange): Promise<void> {
        if (exchange.incoming.url?.includes("?") === true) await super.purge(exchange);
        else await this.respond(exchange, { body: '{"cleared":true,"namespace":null}' });
      }
    },
    found: ["clears everything without a namespace"],
  },
  {
    fault: "reads the namespace to purge without decoding it",
    adapter: class extends ReferenceAdapter {
      override async purge(exchange: Exchange): Promise<void> {
        const url = exchange.incoming.url?.replace(/[+%]/g, (character) => encodeURIComponent(character));
        const incoming = Object.create(exchange.incoming, { url: { value: url } });
        await super.purge({ ...exchange, incoming });
      }
    },
    found: ["reads the namespace as it was encoded"],
  },
  {
    fault: "answers every purge with 200",
    adapter: class extends ReferenceAdapter {
      override async purge(exchange: Exchange): Promise<void> {
        exchange.response.writeHead = new Proxy(exchange.response.writeHead, {
          apply: (target, self, [, ...rest]) => Reflect.apply(target, self, [200, ...rest]),
        });
        await super.purge(exchange);
      }
    },
    found: [
      "refuses whoever may not",
      "refuses a namespace that is empty or given twice",
      "says so when the backend is out of reach, and makes up for it",
    ],
  },
];

export const faultsInStreams: readonly AdapterFault[] = inStreams;

export const otherFaults: readonly AdapterFault[] = [
  ...inReplies,
  ...inRequests,
  ...inAnswers,
  ...inLoads,
  ...inOptions,
];
