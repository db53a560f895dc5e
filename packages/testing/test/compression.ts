import { brotliDecompressSync, gunzipSync, inflateSync } from "node:zlib";
import { Client, type Received } from "../src/adapter/client.ts";
import { check, equal } from "../src/check.ts";

/** Long enough, and alike enough, to be worth compressing. */
export const words = "the same words again and again ".repeat(100);

/** What a client accepts, and the codings that it may be answered in. */
interface Accepted {
  readonly accept: string | undefined;
  readonly codings: readonly string[];
}

const accepted: readonly Accepted[] = [
  { accept: "gzip", codings: ["gzip"] },
  { accept: undefined, codings: ["identity"] },
  { accept: "identity", codings: ["identity"] },
  { accept: "gzip;q=0", codings: ["identity"] },
  { accept: "", codings: ["identity"] },
  { accept: "br", codings: ["br", "identity"] },
  { accept: "gzip, br", codings: ["br", "gzip"] },
  { accept: "gzip;q=0, br;q=1", codings: ["br", "identity"] },
  { accept: "deflate;q=0.5, identity", codings: ["deflate", "identity"] },
];

/** Where the compression stands: around the cached route, or between it and the handler. */
export const places = ["outside", "inside"] as const;

/**
 * When the middleware says that the answer varies by `Accept-Encoding`: always, as it should, or only if it has coded it.
 * What the latter leaves as it is may then be stored for everybody, which is right for everybody, if not the shortest.
 */
export type Varies = "always" | "if coded";

/** How the handler answers. */
export const ways = ["at once", "in pieces"] as const;

/**
 * Asks for `words` in every way, from the first to the last and the other way round, and each way twice: bodies are in the
 * coding that the answer says, which is one that the client accepts, whether the handler ran, the answer is stored or the
 * client has it.
 *
 * @param start starts the application afresh on a port of 127.0.0.1; stops it
 */
export async function compressionHolds(
  place: (typeof places)[number],
  start: () => Promise<{ readonly port: number; stop(): Promise<void> }>,
  varies: Varies = "always",
): Promise<void> {
  for (const order of [accepted, accepted.toReversed()]) {
    const { port, stop } = await start();
    const client = new Client(port);
    try {
      for (const round of [1, 2]) {
        for (const [index, { accept, codings }] of order.entries()) {
          const headers = accept === undefined ? {} : { "accept-encoding": accept };
          const answer = await client.ask("/", { headers });
          const what = `${place}, round ${round}, ${accept ?? "without Accept-Encoding"}`;
          const stored = round === 2 || (place === "outside" && index > 0);
          if (stored || varies === "always") equal(answer.field("x-cache"), stored ? "HIT" : "MISS", `x-cache ${what}`);
          const uncoded = place === "inside" && varies === "if coded" ? ["identity"] : [];
          matches(answer, [...codings, ...uncoded], what, varies);
          const tag = answer.field("etag");
          // A body that was on its way when its fields were sent has one on the next answer.
          if (round === 2) check(tag !== undefined, `an ETag ${what}`);
          if (tag !== undefined) await validates(client, { ...headers, "if-none-match": tag }, what);
          await settled();
        }
      }
    } finally {
      client.close();
      await stop();
    }
  }
}

/** That the fields of an answer are true of its body. */
function matches(answer: Received, codings: readonly string[], what: string, varies: Varies): void {
  equal(answer.status, 200, `status ${what}`);
  const coding = answer.field("content-encoding") ?? "identity";
  check(codings.includes(coding), `${coding} is accepted ${what}`);
  equal(new TextDecoder().decode(decoded(coding, answer.body)), words, `body ${what}`);
  const length = answer.field("content-length");
  if (length !== undefined) equal(length, String(answer.body.length), `content-length ${what}`);
  const vary = answer.values("vary").flatMap((line) => line.toLowerCase().split(/\s*,\s*/));
  const told = varies === "always" || coding !== "identity";
  check(!told || vary.includes("accept-encoding"), `Vary names Accept-Encoding ${what}, not ${vary}`);
  equal(new Set(vary).size, vary.length, `Vary names nothing twice ${what}`);
}

/** That the client who has an answer is told so, without a body and without what describes one. */
async function validates(client: Client, headers: Record<string, string>, what: string): Promise<void> {
  const answer = await client.ask("/", { headers });
  equal(answer.status, 304, `status of a client that has it ${what}`);
  equal(answer.body.length, 0, `length of the body of a 304 ${what}`);
  for (const name of ["content-encoding", "content-length", "transfer-encoding"]) {
    equal(answer.field(name), undefined, `${name} of a 304 ${what}`);
  }
}

function decoded(coding: string, body: Uint8Array): Uint8Array {
  if (coding === "gzip") return gunzipSync(body);
  if (coding === "br") return brotliDecompressSync(body);
  return coding === "deflate" ? inflateSync(body) : body;
}

/** What came in pieces is stored when its last one is on its way. */
function settled(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 5));
}
