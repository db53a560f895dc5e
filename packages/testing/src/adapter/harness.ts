import type { Backend, Cache } from "@cachette/core";
import type { HeaderFields, RouteOptions } from "@cachette/core/http";

/** What the suite needs to try an adapter. Made anew for every case, so that no case sees what another left. */
export interface AdapterHarness {
  /** Where the entries of the case live. */
  readonly backend: Backend;
  /** Starts a server of the framework on a free port of 127.0.0.1, with the application given. */
  listen(app: AdapterApp): Promise<AdapterServer>;
  /** Closes what is left when the server has been closed. */
  dispose(): void | Promise<void>;
}

export type MakeAdapterHarness = () => AdapterHarness | Promise<AdapterHarness>;

export interface AdapterServer {
  readonly port: number;
  /** Stops listening and drops the connections there are. */
  close(): Promise<void>;
}

/** An application in words that each framework has its own for. */
export interface AdapterApp {
  readonly cache: Cache;
  readonly routes: readonly AdapterRoute[];
  /** Runs before each request gets to its route: middleware of the application, or a hook. */
  readonly before?: (request: AdapterRequest) => AdapterBefore;
  /** The adapter's purge route, for the method DELETE. */
  readonly purge?: { readonly path: string; readonly authorize: (request: AdapterRequest) => boolean };
}

export interface AdapterRoute {
  readonly path: string;
  /** `GET` alone by default. HEAD is what the framework makes of it, with the same options. */
  readonly methods?: readonly string[];
  readonly options: RouteOptions;
  /** Another cached handler around the route, with a namespace of its own: middleware for the path, or a second plugin. */
  readonly around?: RouteOptions & { readonly namespace: string };
  /** May throw, or reject: the framework's own error answer is then expected, with status 500. */
  readonly handler: (request: AdapterRequest) => AdapterAnswer | Promise<AdapterAnswer>;
}

/** A request, as handlers of the framework commonly see it. */
export interface AdapterRequest {
  readonly method: string;
  /** Path and query. */
  readonly url: string;
  /** `name` in lower case. */
  header(name: string): string | undefined;
  /** All fields, by names in lower case: a copy that is made when it is asked for. */
  headers(): Readonly<Record<string, unknown>>;
  /** The first value of a name in the query, by the framework's own parser. */
  query(name: string): string | undefined;
  /** The JSON of the body. Applications of the suite have a parser for it where the framework needs one. */
  json(): unknown | Promise<unknown>;
}

/** What a handler answers, by the framework's own means. */
export interface AdapterAnswer {
  /** 200 by default. */
  readonly status?: number;
  /** Set as they are given; several lines of one field as several. */
  readonly headers?: HeaderFields;
  /**
   * A text or bytes are sent in one call. Pieces are sent one by one as the client takes them, by a stream of the
   * framework's; one that is not used to its end is returned, as `for await` does. Nothing: an answer without a body.
   */
  readonly body?: string | Uint8Array | AsyncIterable<Uint8Array>;
}

/** What comes before a route: fields to set on the answer, or an answer in the route's place. */
export interface AdapterBefore {
  readonly headers?: HeaderFields;
  readonly answer?: AdapterAnswer;
}
