import type { CacheInternals } from "../internals.ts";
import { targetLabel } from "../labels.ts";
import { fullKey } from "../space.ts";
import type { Voided } from "./invalidates.ts";
import type { RequestView } from "./request-view.ts";
import type { ResponseHead } from "./response.ts";
import type { Route } from "./route.ts";

/** Of methods that are not safe, something may have been changed (RFC 9110 9.2.1). */
const safeMethods = new Set(["GET", "HEAD", "OPTIONS", "TRACE", "QUERY"]);

/** What is done about stored answers after requests that may have changed something. */
export class Aftermath {
  readonly #cache: CacheInternals;
  readonly #route: Route;

  constructor(cache: CacheInternals, route: Route) {
    this.#cache = cache;
    this.#route = route;
  }

  /** Whether a request that was not for the cache may change what it holds. */
  follows({ method }: RequestView): boolean {
    return !safeMethods.has(method) && !this.#route.requests.methods.has(method);
  }

  /** After a request that may have changed something: what it says, and what is stored for the same URI (RFC 9111 4.4). */
  settled(request: RequestView, head: ResponseHead): void | Promise<void> {
    const { status, fields } = head;
    if (status < 200 || status > 399) return;
    const references = [request.url];
    for (const [name, value] of fields) if (/^(?:content-)?location$/i.test(name)) references.push(value);
    const own = targetsOf(request, references);
    const { invalidates } = this.#route;
    if (invalidates === undefined) return this.#forget(request, own, nothingElse);
    let voided = nothingElse;
    let named: readonly string[] = [];
    try {
      voided = invalidates.voidedBy(request, head);
    } catch (error) {
      this.#cache.telemetry.bypassOn("invalidates", error);
    }
    try {
      named = targetsOf(request, invalidates.urlsOf(request));
    } catch (error) {
      this.#cache.telemetry.bypassOn("invalidates", error);
    }
    return this.#forget(request, [...new Set([...own, ...named])], voided);
  }

  /**
   * Removes what is under the plain keys of targets, and makes void what is under others of theirs: those may be of routes
   * that nothing is known of here. Never rejects.
   */
  async #forget(request: RequestView, targets: readonly string[], { tags, namespaces, labels }: Voided): Promise<void> {
    const { keys, query, space } = this.#route;
    const { byHand, pipeline, telemetry } = this.#cache;
    const { store } = pipeline;
    const { scheme, host } = request;
    const tails = targets.map((url) => keys.target({ scheme, host, url: query?.targetOf(url) ?? url }));
    const stored = tails.map((tail) => fullKey(space, tail));
    const all = [...new Set([...labels, ...tails.map(targetLabel)])];
    // Switched off for a while perhaps: what is there must not come back later.
    if (!this.#cache.enabled()) {
      for (const key of stored) store.distrust(key);
      store.distrustLabels(all);
      return;
    }
    const done = stored.map((key) => byHand.remove(key));
    // What fails is told of by an event, and made up for before anything is read again.
    const gone: Promise<unknown>[] = done.map((removed) => removed.catch(() => {}));
    gone.push(
      store.invalidate(all, "hard").then(
        () => {
          if (tags.length > 0) telemetry.invalidate("hard", { tags });
          for (const namespace of namespaces) telemetry.invalidate("hard", { namespace });
        },
        () => {},
      ),
    );
    await Promise.all(gone);
  }
}

/** The targets that references lead to, those on the same host. The request's own is taken as it is. */
function targetsOf(request: RequestView, references: readonly string[]): string[] {
  const targets = references.map((reference) => (reference === request.url ? reference : sameHost(request, reference)));
  return [...new Set(targets)].filter((target) => target !== undefined);
}

const nothingElse: Voided = { tags: [], namespaces: [], labels: [] };

/** The target that a reference leads to, if it is on the same host. */
function sameHost({ scheme, host, url }: RequestView, reference: string): string | undefined {
  try {
    const base = new URL(`${scheme}://${host ?? "localhost"}${url}`);
    const target = new URL(reference, base);
    return target.host === base.host && target.protocol === base.protocol ? target.pathname + target.search : undefined;
  } catch {
    return undefined;
  }
}
