import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { turn } from "../../testing/src/turn.ts";
import type { HeaderFields, RequestView } from "../src/http/index.ts";
import { byteBackend } from "./byte-backend.ts";
import type { RequestParts } from "./http-request.ts";
import { type Answer, type Sent, Site, type SiteOptions } from "./http-site.ts";

/** What an answer allows, in milliseconds after it was made or confirmed. */
interface Terms {
  readonly fields: HeaderFields;
  /** Request fields that decide it. */
  readonly vary?: readonly string[];
  readonly fresh: number;
  /** Beyond that, while it is made anew. */
  readonly stale?: number;
  /** Beyond that, in place of an error. */
  readonly error?: number;
  /** It is for those, too, who say who they are. */
  readonly forAll?: boolean;
  /** A client may have it stale for the asking. */
  readonly lenient?: boolean;
}

const control = (value: string): HeaderFields => [["Cache-Control", value]];

const paths: Record<string, Terms> = {
  "/plain": { fields: [], fresh: 5_000, lenient: true },
  "/a": { fields: [...control("max-age=5"), ["Vary", "A"]], vary: ["a"], fresh: 5_000, lenient: true },
  "/ab": { fields: [...control("public, max-age=5"), ["Vary", "b, a"]], vary: ["a", "b"], fresh: 5_000, forAll: true, lenient: true }, // biome-ignore format: one line a path
  "/asked": { fields: control("no-cache"), fresh: 0 },
  "/asked-a": { fields: [...control("no-cache"), ["Vary", "a"]], vary: ["a"], fresh: 0 },
  "/must": { fields: control("max-age=2, must-revalidate"), fresh: 2_000, forAll: true },
  "/swr": { fields: control("max-age=2, stale-while-revalidate=3"), fresh: 2_000, stale: 3_000, lenient: true },
  "/swr-a": { fields: [...control("max-age=0, stale-while-revalidate=3"), ["Vary", "a"]], vary: ["a"], fresh: 0, stale: 3_000, lenient: true }, // biome-ignore format: one line a path
  "/sie": { fields: control("public, max-age=2, stale-if-error=4"), fresh: 2_000, error: 4_000, forAll: true, lenient: true }, // biome-ignore format: one line a path
  "/shared": { fields: control("s-maxage=3"), fresh: 3_000, forAll: true },
  "/private": { fields: control("private, max-age=9"), fresh: 0 },
  "/cookie": { fields: [["Set-Cookie", "sid=1"]], fresh: 0 },
};

/** Such an answer is for nobody but who asked. */
const personal = new Set(["/private", "/cookie"]);

interface Ask {
  readonly path: string;
  readonly a: string | undefined;
  readonly b: string | undefined;
  readonly user: string | undefined;
  readonly wish: string | undefined;
  readonly range: boolean;
  readonly method: "GET" | "HEAD" | "POST";
}

type Step =
  | { readonly type: "ask"; readonly asks: readonly Ask[] }
  | { readonly type: "advance"; readonly by: number }
  | { readonly type: "purge"; readonly soft: boolean }
  | { readonly type: "mood"; readonly failing: boolean };

/** Mostly the first of `values`, so that requests meet. */
const mostly = <Value>(...values: [Value, ...Value[]]) =>
  fc.oneof({ weight: 5, arbitrary: fc.constant(values[0]) }, fc.constantFrom(...values));

const ask = (path: string): fc.Arbitrary<Ask> =>
  fc.record({
    path: fc.constant(path),
    a: mostly<string | undefined>("1", "2", "", undefined),
    b: mostly<string | undefined>(undefined, "1"),
    user: mostly<string | undefined>(undefined, "ann", "bob"),
    wish: mostly<string | undefined>(
      undefined,
      "no-cache",
      "max-age=1",
      "max-stale=2",
      "only-if-cached",
      "min-fresh=2",
    ),
    range: mostly(false, true),
    method: mostly<Ask["method"]>("GET", "GET", "HEAD", "POST"),
  });

const steps: fc.Arbitrary<Step[]> = fc
  .uniqueArray(fc.constantFrom(...Object.keys(paths)), { minLength: 1, maxLength: 2 })
  .chain((few) => {
    const asks = fc.array(fc.oneof(...few.map(ask)), { minLength: 1, maxLength: 5 });
    const step: fc.Arbitrary<Step> = fc.oneof(
      { weight: 8, arbitrary: asks.map((made) => ({ type: "ask", asks: made }) as const) },
      { weight: 3, arbitrary: fc.constantFrom(500, 1_500, 2_500).map((by) => ({ type: "advance", by }) as const) },
      { weight: 1, arbitrary: fc.boolean().map((soft) => ({ type: "purge", soft }) as const) },
      { weight: 1, arbitrary: fc.boolean().map((failing) => ({ type: "mood", failing }) as const) },
    );
    return fc.array(step, { minLength: 10, maxLength: 30 });
  });

function partsOf({ a, b, user, wish, range, method }: Ask): RequestParts {
  const headers = { a, b, authorization: user, "cache-control": wish, range: range ? "bytes=0-" : undefined };
  const present = Object.entries(headers).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return { method, headers: Object.fromEntries(present) };
}

/** What the handler has said, told by its body. */
interface Said {
  /** When it was made, or last confirmed. */
  at: number;
  readonly user: string | undefined;
  readonly inputs: string;
  readonly version: number;
  purges: number;
}

class World {
  now: () => number = () => 0;
  failing = false;
  purges = 0;
  /** When a run for a path has failed last. */
  readonly failedAt = new Map<string, number>();
  readonly versions = new Map<string, number>();
  readonly said = new Map<string, Said>();

  inputsOf(path: string, header: (name: string) => string | undefined): string {
    return JSON.stringify((paths[path]?.vary ?? []).map((name) => header(name) ?? null));
  }

  version(path: string): number {
    return this.versions.get(path) ?? 0;
  }

  async answer({ method, url, header }: RequestView): Promise<Answer> {
    const { failing, purges } = this;
    const at = this.now();
    const version = this.version(url);
    if (method === "POST") {
      this.versions.set(url, version + 1);
      return { status: 204 };
    }
    const terms = paths[url] as Terms;
    const inputs = this.inputsOf(url, header);
    const user = header("authorization");
    const tag = `"${version} ${inputs.replaceAll('"', "'")} ${user ?? ""}"`;
    await turn();
    if (failing) {
      this.failedAt.set(url, at);
      return { status: 503, body: "down" };
    }
    const fields: HeaderFields = [...terms.fields, ["ETag", tag]];
    if (header("if-none-match") === tag) {
      for (const said of this.said.values()) {
        if (`${said.version} ${said.inputs} ${said.user}` === `${version} ${inputs} ${user}`)
          Object.assign(said, { at, purges });
      }
      return { status: 304, fields };
    }
    const body = `${url} ${this.said.size}`;
    this.said.set(body, { at, user, inputs, version, purges });
    return { fields, body };
  }
}

describe.each<[string, SiteOptions["backend"]]>([
  ["memory", undefined],
  ["bytes", (clock) => byteBackend(clock).backend],
])("random requests, on %s", (_, backend) => {
  test("nobody gets what is not for them, nor what is too old", { timeout: 60_000 }, async () => {
    const seen = { hit: 0, stale: 0, miss: 0, bypass: 0 };
    await fc.assert(
      fc.asyncProperty(steps, async (all) => {
        const world = new World();
        const site = new Site((view) => world.answer(view), { route: { ttl: "5s" }, ...(backend && { backend }) });
        world.now = () => site.clock.now();

        const check = (asked: Ask, sent: Sent, oldest: number, purges: number): void => {
          seen[sent.state]++;
          const { fresh, stale = 0, error = 0, forAll = false, lenient = false } = paths[asked.path] as Terms;
          if (asked.method === "POST") expect(sent.state).toBe("bypass");
          if (sent.status === 504) expect(asked.wish).toBe("only-if-cached");
          if (asked.method === "POST" || sent.status === 503 || sent.status === 504) return;
          expect([200, 206]).toContain(sent.status);
          if (sent.body === undefined) return;
          const origin = world.said.get(sent.body);
          if (origin === undefined) throw new Error(`nobody has said ${sent.body}`);
          const parts = partsOf(asked);
          expect(origin.inputs).toBe(world.inputsOf(asked.path, (name) => parts.headers?.[name]));
          expect(origin.version).toBeGreaterThanOrEqual(oldest);
          expect(origin.purges).toBeGreaterThanOrEqual(purges);
          if (origin.user !== asked.user) expect(forAll).toBe(true);
          if (personal.has(asked.path)) {
            expect(sent.state).not.toBe("hit");
            expect(sent.state).not.toBe("stale");
          }
          const age = world.now() - origin.at;
          // Who waits together for one answer gets one that is as young as can be.
          if (sent.state === "hit" && age > 0) expect(age).toBeLessThan(fresh);
          if (sent.state === "stale" && asked.wish === undefined)
            expect(age).toBeLessThan(fresh + Math.max(stale, error));
          // With a wish: because it was wished, or because that is what came of the load that was waited for.
          const waited = age === 0 || age < fresh + error;
          if (sent.state === "stale" && asked.wish !== undefined && !waited) {
            expect(asked.wish).toBe("max-stale=2");
            expect(lenient).toBe(true);
            expect(age).toBeLessThan(fresh + 2_000);
          }
          if (sent.state === "miss") expect(age).toBeLessThan(age === 0 ? 1 : fresh + error);
          // What could not be made anew just now is not tried again at once, whatever is wished.
          const resting = world.now() - (world.failedAt.get(asked.path) ?? 0) < 1_000;
          if (sent.state === "hit" && age > 1_000 && !resting) {
            expect(asked.wish).not.toBe("no-cache");
            expect(asked.wish).not.toBe("max-age=1");
            if (asked.wish === "min-fresh=2") expect(age).toBeLessThanOrEqual(fresh - 2_000);
          }
        };

        for (const step of all) {
          if (step.type === "advance") await site.clock.advance(step.by);
          else if (step.type === "mood") world.failing = step.failing;
          else if (step.type === "purge") {
            await site.cache.clear({ soft: step.soft });
            if (!step.soft) world.purges++;
          } else {
            const oldest = step.asks.map(({ path }) => world.version(path));
            const { purges } = world;
            const answers = await Promise.all(step.asks.map((asked) => site.ask(asked.path, partsOf(asked))));
            await site.refreshed();
            step.asks.forEach((asked, index) => {
              check(asked, answers[index] as Sent, oldest[index] ?? 0, purges);
            });
          }
        }
      }),
      { numRuns: 400 },
    );
    expect(seen.hit).toBeGreaterThan(1_000);
    expect(seen.stale).toBeGreaterThan(50);
  });
});
