import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { turn } from "../../testing/src/turn.ts";
import type { HeaderFields, RequestView } from "../src/http/index.ts";
import { byteBackend } from "./byte-backend.ts";
import { type RequestParts, request } from "./http-request.ts";
import { type Sent, Site } from "./http-site.ts";

interface Page {
  readonly status?: number;
  readonly fields?: HeaderFields;
  /** For how many milliseconds others may have it. */
  readonly shared: number;
  /** Only others with the same name. */
  readonly byUser?: boolean;
  /** Those too who say who they are. */
  readonly forAll?: boolean;
}

/** What the handler says under each path, beyond its body. */
const paths: Record<string, Page> = {
  "/plain": { shared: 10_000 },
  "/short": { fields: [["Cache-Control", "max-age=2"]], shared: 2_000 },
  "/missing": { status: 404, fields: [["Cache-Control", "max-age=3"]], shared: 3_000 },
  "/keyed": { fields: [["Vary", "A"]], shared: 10_000 },
  "/private": { fields: [["Cache-Control", "PRIVATE, max-age=60"]], shared: 0 },
  "/odd": { fields: [["Cache-Control", 'max-age=60, x="y; no-store']], shared: 0 },
  "/login": { fields: [["Set-Cookie", "sid=1"]], shared: 0 },
  "/varied": { fields: [["Vary", "X-User"]], shared: 10_000, byUser: true },
  "/public": { fields: [["Cache-Control", "public"]], shared: 10_000, forAll: true },
  "/error": { status: 500, shared: 0 },
  "/found": { status: 302, shared: 0 },
};

interface Ask {
  readonly path: string;
  readonly query: string;
  readonly host: string;
  readonly a: string | undefined;
  readonly theme: string | undefined;
  readonly user: string;
  readonly extra: readonly (readonly [string, string])[];
  readonly method: string;
}

type Step =
  | { readonly type: "ask"; readonly asks: readonly Ask[] }
  | { readonly type: "advance"; readonly by: number }
  | { readonly type: "clear" };

/** Mostly the first of `values`, so that requests meet. */
const mostly = <Value>(...values: [Value, ...Value[]]) =>
  fc.oneof({ weight: 4, arbitrary: fc.constant(values[0]) }, fc.constantFrom(...values));

const ask = (path: string): fc.Arbitrary<Ask> =>
  fc.record({
    path: fc.constant(path),
    query: mostly("", "?", "?a=1&b=2", "?b=2&a=1"),
    host: mostly("a.example", "A.example:80", "b.example"),
    a: mostly(undefined, "", "1"),
    theme: mostly(undefined, "dark", "dark; theme=light"),
    user: fc.constantFrom("ann", "bob", "cid"),
    extra: mostly<Ask["extra"]>(
      [],
      [["cache-control", "no-cache"]],
      [["authorization", "x"]],
      [["if-none-match", "*"]],
      [["x-http-method-override", "DELETE"]],
    ),
    method: mostly("GET", "HEAD", "POST"),
  });

const steps: fc.Arbitrary<Step[]> = fc
  .uniqueArray(fc.constantFrom(...Object.keys(paths)), { minLength: 1, maxLength: 3 })
  .chain((few) => {
    const asks = fc.array(fc.oneof(...few.map(ask)), { minLength: 1, maxLength: 4 });
    const step: fc.Arbitrary<Step> = fc.oneof(
      { weight: 6, arbitrary: asks.map((made) => ({ type: "ask", asks: made }) as const) },
      { weight: 2, arbitrary: fc.constantFrom(500, 1_500, 4_000).map((by) => ({ type: "advance", by }) as const) },
      { weight: 1, arbitrary: fc.constant({ type: "clear" } as const) },
    );
    return fc.array(step, { minLength: 8, maxLength: 25 });
  });

function partsOf({ host, a, theme, user, extra, method }: Ask): RequestParts {
  const headers: Record<string, string> = { "x-user": user, ...Object.fromEntries(extra) };
  if (a !== undefined) headers.a = a;
  if (theme !== undefined) headers.cookie = `sid=${user}; theme=${theme}`;
  return { host, headers, method };
}

/** All that may decide an answer: what the handler puts into it, but for the user. */
function meaningOf(view: RequestView): string {
  const theme = view.header("cookie")?.replace(/^sid=\w+; /, "");
  const host = view.host?.toLowerCase().replace(":80", "");
  return JSON.stringify([view.url, host, view.header("a") ?? null, theme ?? null]);
}

interface Said {
  readonly at: number;
  readonly meaning: string;
  readonly user: string | undefined;
  readonly step: number;
}

describe.each(["memory", "bytes"])("random requests, on %s", (kind) => {
  test("nobody gets what the handler would not have said to them, within the time it allows", {
    timeout: 60_000,
  }, async () => {
    let hits = 0;
    await fc.assert(
      fc.asyncProperty(steps, async (all) => {
        /** When the handler began to say a body, and to whom. */
        const said = new Map<string, Said>();
        /** The last step in which something may have changed, by what it was. */
        const changed = new Map<string, number>();
        let cleared = -1;
        let step = 0;
        const site: Site = new Site(
          async (view) => {
            const { status = 200, fields = [] } = paths[view.url.replace(/\?.*/, "")] ?? {};
            const meaning = meaningOf(view);
            const body = `${meaning} for ${view.header("x-user")} run ${said.size}`;
            said.set(body, { at: site.clock.now(), meaning, user: view.header("x-user"), step });
            await turn();
            return { status, fields, body };
          },
          { route: { ttl: "10s", vary: ["a"], cookies: ["theme"] } },
        );
        const served = kind === "memory" ? site : withBytes(site);

        const check = (asked: Ask, sent: Sent): void => {
          const { shared, status = 200, byUser = false, forAll = false } = paths[asked.path] ?? { shared: 0 };
          if (sent.status === 304) expect(status).toBeLessThan(300);
          else expect(sent.status).toBe(status);
          if (sent.body === undefined) return;
          const origin = said.get(sent.body);
          const view = request(asked.path + asked.query, partsOf(asked));
          const meaning = meaningOf(view);
          expect(origin?.meaning).toBe(meaning);
          if (sent.state !== "hit") {
            expect(sent.body).toContain(` for ${asked.user} run`);
            return;
          }
          hits++;
          expect(shared).toBeGreaterThan(0);
          expect(asked.method).toBe("GET");
          if (byUser) expect(origin?.user).toBe(asked.user);
          if (!forAll) expect(asked.extra.map(([name]) => name)).not.toContain("authorization");
          expect(origin?.step).toBeGreaterThan(Math.max(cleared, changed.get(meaning) ?? -1));
          const age = site.clock.now() - (origin?.at ?? 0);
          expect(age).toBeLessThan(shared);
          if (asked.extra.some(([name]) => name === "cache-control")) expect(age).toBeLessThanOrEqual(1_000);
        };

        for (const next of all) {
          step++;
          if (next.type === "advance") await site.clock.advance(next.by);
          else if (next.type === "clear") {
            await served.cache.clear();
            cleared = step;
          } else {
            const answers = await Promise.all(
              next.asks.map((asked) => served.ask(asked.path + asked.query, partsOf(asked))),
            );
            next.asks.forEach((asked, index) => {
              check(asked, answers[index] as Sent);
            });
            // What was said in the same step may have been said after the change.
            next.asks.forEach((asked, index) => {
              if (asked.method !== "POST" || (answers[index] as Sent).status >= 400) return;
              changed.set(meaningOf(request(asked.path + asked.query, partsOf(asked))), step - 1);
            });
          }
        }
      }),
      { numRuns: 200 },
    );
    expect(hits).toBeGreaterThan(500);
  });
});

/** The same site, on a backend that holds bytes. */
function withBytes(site: Site): Site {
  const { backend } = byteBackend(site.clock);
  return new Site((view) => site.handler(view), {
    route: { ttl: "10s", vary: ["a"], cookies: ["theme"] },
    cache: { backend, clock: site.clock },
  });
}
