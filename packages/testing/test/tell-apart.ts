import { connect } from "node:net";
import fc from "fast-check";
import { within } from "../src/adapter/client.ts";
import { check } from "../src/check.ts";

/** A request as a handler sees it by the means of its framework. */
export interface Seen {
  readonly method: string;
  /** Path and query, or all of the target. */
  readonly url: string;
  /** A field that the route puts into the key: `vary: ["x-keyed"]`. */
  readonly keyed: string | undefined;
  readonly host: string | undefined;
  /** `Accept-Language`, by which the answer says that it varies. */
  readonly language: string | undefined;
}

/**
 * What a handler answers that tells all it sees. Only what means the same is told in the same words: hosts in lower case
 * and without the port that goes without saying (RFC 9110 4.2.3), languages in lower case (RFC 4647 2) and without blanks
 * around them.
 */
export function tell({ method, url, host, keyed, language }: Seen): string {
  return JSON.stringify({
    method,
    url,
    host: host?.toLowerCase().replace(/:80$/, "") ?? null,
    keyed: keyed ?? null,
    language: language?.toLowerCase().replace(/[\t ]*(,|^|$)[\t ]*/g, "$1") ?? null,
  });
}

/** A request as it goes over the wire. Characters stand for octets. */
interface Sent {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly hosts: readonly string[];
  readonly keyed: readonly string[];
  readonly languages: readonly string[];
}

/** What parsers, proxies and normalisers are known to disagree about. */
const pathAtoms = [
  "a",
  "A",
  "b",
  "/",
  "//",
  "%2F",
  "%2f",
  ".",
  "..",
  ";",
  "%3B",
  "%00",
  "%41",
  "\xe9",
  "%E9",
  "%C3%A9",
];
const otherAtoms = ["\\", "%5C", "|", "~", "%7E", "+", "%20", "*", ":", "@", "\0", "x".repeat(8000), " http/1.1"];
const queryAtoms = [
  "a",
  "b",
  "1",
  "2",
  "=",
  "=",
  "&",
  "&",
  ";",
  "?",
  "%26",
  "%3D",
  "+",
  "%20",
  "\xe9",
  "[]",
  "y".repeat(8000),
];

const joined = (atoms: readonly string[], maxLength: number) =>
  fc.array(fc.constantFrom(...atoms), { maxLength }).map((chosen) => chosen.join(""));

const hosts = [
  "shop.test",
  "SHOP.test",
  "shop.test:80",
  "shop.test:8080",
  "shop.test:",
  "shop.test.",
  "shop",
  "a b",
  "a/b",
  "",
];
const values = ["", "a", "A", "a, b", "a,b", "b, a", '"a', '"a, b"', "\xe9", "undefined", "null"];
const languages = ["", "en", "EN", "en, de", "en,de", "de, en", "*", '"en'];

/** None, one or two lines of a field. */
const lines = (of: readonly string[]) =>
  fc.oneof(fc.constant([]), fc.constant([""]), fc.array(fc.constantFrom(...of), { minLength: 1, maxLength: 2 }));

const sent: fc.Arbitrary<Sent> = fc.record({
  method: fc.constantFrom("GET", "GET", "GET", "GET", "POST"),
  path: fc.oneof(joined(pathAtoms, 4), joined([...pathAtoms, ...otherAtoms], 3)),
  query: fc.oneof(
    fc.constant(""),
    joined(queryAtoms, 8).map((query) => `?${query}`),
  ),
  hosts: fc.oneof({ weight: 9, arbitrary: fc.constantFrom(...hosts).map((host) => [host]) }, lines(hosts)),
  keyed: lines(values),
  languages: lines(languages),
});

/** What somebody on the way might take for the same in a path. */
const twins = [["%2F", "/"], ["%2F", "%2f"], ["//", "/"], ["%41", "A"], ["a", "A"], [";", "%3B"], ["", ";b"], ["/.", ""], ["%5C", "\\"], ["%C3%A9", "\xc3\xa9"], ["", "/"]] as const; // biome-ignore format: one line

/** Small changes that somebody on the way might take for none. */
const twists: readonly ((request: Sent) => Sent)[] = [
  (request) => ({ ...request, query: `?${request.query.slice(1).split("&").reverse().join("&")}` }),
  (request) => ({ ...request, query: request.query.replaceAll("&", ";") }),
  (request) => ({ ...request, query: `${request.query}&` }),
  (request) => ({ ...request, keyed: request.keyed.length === 0 ? [""] : [] }),
  (request) => ({ ...request, keyed: [request.keyed.join(", ").replaceAll(" ", "")] }),
  (request) => ({ ...request, languages: request.languages.length === 0 ? [""] : [] }),
  (request) => ({ ...request, languages: request.languages.toReversed() }),
  (request) => ({ ...request, keyed: request.languages, languages: request.keyed }),
];

/** Two requests that are the same but for a part or two, or a small change. */
const pairs: fc.Arbitrary<readonly [Sent, Sent]> = fc.oneof(
  fc
    .tuple(sent, sent, fc.subarray(["path", "query", "hosts", "keyed", "languages"] as const, { maxLength: 2 }))
    .map(([one, source, parts]): [Sent, Sent] => [
      one,
      { ...one, ...Object.fromEntries(parts.map((part) => [part, source[part]])) },
    ]),
  fc.tuple(sent, fc.constantFrom(...twists)).map(([one, twist]): [Sent, Sent] => [one, twist(one)]),
  fc.tuple(sent, fc.constantFrom(...twins)).map(([{ path, ...rest }, [one, other]]): [Sent, Sent] => [
    { ...rest, path: `${path}${one}` },
    { ...rest, path: `${path}${other}` },
  ]),
);

/** An answer as far as it is the handler's. */
interface Got {
  readonly status: number;
  readonly body: string;
  readonly shown: string | undefined;
}

/**
 * Sends pairs of requests to two servers with the same handler, one with a cache and one without, octet by octet: what is
 * served from the first is what the second says to the very same request. The first has to be served from its cache now
 * and then, or nothing is shown.
 *
 * @param cached ports on 127.0.0.1
 */
export async function tellsApart(cached: number, plain: number, numRuns = 300): Promise<void> {
  let hits = 0;
  let cold = 0;
  await fc.assert(
    fc.asyncProperty(pairs, async ([one, other]) => {
      const room = `/${++cold}/`;
      const expected = [await send(plain, room, one), await send(plain, room, other)];
      for (const _round of [1, 2]) {
        for (const [index, request] of [one, other].entries()) {
          const got = await send(cached, room, request);
          if (got.shown === "HIT") hits++;
          const wanted = expected[index];
          check(
            got.status === wanted?.status && got.body === wanted.body,
            `${JSON.stringify(written(room, request))} is answered ${JSON.stringify(wanted)}, not ${JSON.stringify(got)}`,
          );
        }
      }
    }),
    { numRuns },
  );
  check(hits > numRuns / 3, `answers come from the cache, not ${hits} in ${numRuns} runs`);
}

function written(room: string, { method, path, query, ...fields }: Sent): string {
  const head = [`${method} ${room}${path}${query} HTTP/1.1`, "Connection: close"];
  for (const host of fields.hosts) head.push(`Host: ${host}`);
  for (const value of fields.keyed) head.push(`X-Keyed: ${value}`);
  for (const value of fields.languages) head.push(`Accept-Language: ${value}`);
  return `${head.join("\r\n")}\r\n\r\n`;
}

/** Sends a request as it is; nothing between here and the server's own parser makes it tidy. */
function send(port: number, room: string, request: Sent): Promise<Got> {
  const answer = new Promise<string>((resolve, reject) => {
    const socket = connect(port, "127.0.0.1");
    let text = "";
    socket.setEncoding("latin1");
    socket.on("data", (piece: string) => {
      text += piece;
    });
    socket.once("error", reject);
    socket.once("close", () => resolve(text));
    socket.write(written(room, request), "latin1");
  });
  return within(8000, "end of an answer", answer).then(read);
}

function read(text: string): Got {
  const end = text.indexOf("\r\n\r\n");
  const head = text.slice(0, end);
  const body = text.slice(end + 4);
  return {
    status: Number(head.split(" ", 2)[1]),
    body: /^transfer-encoding: *chunked/im.test(head) ? unchunked(body) : body,
    shown: /^x-cache: *(\w+)/im.exec(head)?.[1],
  };
}

function unchunked(body: string): string {
  let whole = "";
  for (let at = 0; at < body.length; ) {
    const line = body.indexOf("\r\n", at);
    const size = Number.parseInt(body.slice(at, line), 16);
    if (!(size > 0)) break;
    whole += body.slice(line + 2, line + 2 + size);
    at = line + 4 + size;
  }
  return whole;
}
