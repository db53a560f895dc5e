import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { check, equal } from "../check.ts";
import { turn } from "../turn.ts";
import { casesOf } from "./adapter-case.ts";
import { within } from "./client.ts";
import { eventually, signal } from "./signal.ts";

const encoder = new TextEncoder();
const megabyte = 2 ** 20;

/** How much passes between two looks at the memory in use. */
const step = 20 * megabyte;

export const streamCases = casesOf("streams", {
  "passes pieces on as they come, and stores what is small enough": async (start) => {
    let runs = 0;
    const gate = signal();
    const site = await start({
      handler: () => {
        runs++;
        return {
          headers: [["Content-Type", "text/plain; charset=utf-8"]],
          body: (async function* () {
            yield encoder.encode("first,");
            await gate.given;
            yield encoder.encode("last");
          })(),
        };
      },
    });
    const exchange = site.open();
    const head = await within(2500, "head before the last piece is made", exchange.head);
    equal(head.headers["x-cache"], "MISS", "x-cache of the first answer");
    equal(text(await exchange.read()), "first,", "what comes before the last piece is made");
    gate.give();
    equal(text(await exchange.read()), "last", "what comes after");
    equal(await exchange.read(), undefined, "the end");
    const hit = await site.ask();
    equal(hit.field("x-cache"), "HIT", "x-cache of the next");
    equal(hit.text, "first,last", "body of the next");
    equal(hit.field("content-type"), "text/plain; charset=utf-8", "content-type of the next");
    equal(runs, 1, "runs of the handler");
  },

  "stores a stream of many pieces byte by byte": async (start) => {
    const site = await start({
      handler: () => ({
        headers: [["Content-Type", "application/octet-stream"]],
        body: (async function* () {
          // One buffer for all pieces, as sources do that read into their own.
          const piece = new Uint8Array(1000);
          for (let index = 0; index < 100; index++) {
            await new Promise((resolve) => setTimeout(resolve, index % 10 === 0 ? 1 : 0));
            yield piece.fill(index).slice();
          }
        })(),
      }),
    });
    const first = await site.ask();
    equal(first.body.length, 100_000, "length");
    const hit = await site.ask();
    equal(hit.field("x-cache"), "HIT", "x-cache of the next");
    check(Buffer.compare(hit.body, first.body) === 0, "the same bytes come back");
  },

  "gives the handler's fields of a stream back": async (start) => {
    const site = await start({
      handler: () => ({
        status: 203,
        headers: [
          ["Content-Type", "text/csv"],
          ["ETag", '"a"'],
          ["Link", "</a>; rel=next"],
          ["Link", "</b>; rel=prev"],
        ],
        body: slowly("a", "b"),
      }),
    });
    const first = await site.ask();
    const hit = await site.ask();
    equal(hit.status, 203, "status");
    equal(hit.text, "ab", "body");
    for (const name of ["content-type", "etag", "link"]) equal(hit.field(name), first.field(name), name);
  },

  "lets 50 MB pass in flat memory, at the client's pace, and does not store them": async (start) => {
    let produced = 0;
    let runs = 0;
    const site = await start({
      handler: () => {
        runs++;
        return {
          body: (async function* () {
            const piece = new Uint8Array(64 * 1024).fill(runs);
            for (let index = 0; index < 800; index++) {
              produced += piece.length;
              yield piece;
            }
          })(),
        };
      },
    });
    const before = await memoryInUse();
    let most = 0;
    const exchange = site.open();
    let received = (await exchange.read())?.length ?? 0;
    await new Promise((resolve) => setTimeout(resolve, 150));
    check(produced < 20 * megabyte, "the handler waits for a client that does not read");
    for (let piece = await exchange.read(); piece !== undefined; piece = await exchange.read()) {
      const passed = received + piece.length;
      if (Math.floor(passed / step) > Math.floor(received / step)) {
        most = Math.max(most, (await memoryInUse()) - before);
      }
      received = passed;
    }
    equal(received, 50 * megabyte, "bytes received");
    check(most < 30 * megabyte, `memory grows by less than 30 MB, not by ${Math.round(most / megabyte)} MB`);
    const next = site.open();
    equal((await next.head).headers["x-cache"], "MISS", "x-cache of the next");
    equal((await next.read())?.[0], 2, "the next is from a new run");
    next.vanish();
  },

  "stores nothing when the client goes away in the middle": async (start) => {
    let runs = 0;
    let returned = false;
    const site = await start({
      handler: () => {
        const run = ++runs;
        return {
          body: (async function* () {
            try {
              yield encoder.encode(`run ${run}`);
              // Enough for the server to notice that nobody takes it.
              for (let index = 0; run === 1 && index < 500; index++) {
                await new Promise((resolve) => setTimeout(resolve, 5));
                yield new Uint8Array(1000);
              }
            } finally {
              returned = true;
            }
          })(),
        };
      },
    });
    const gone = site.open();
    await gone.read();
    gone.vanish();
    await eventually(() => returned, "the source is given back");
    const next = await site.ask();
    equal(next.field("x-cache"), "MISS", "x-cache of the next");
    equal(next.text, "run 2", "body of the next");
    equal((await site.ask()).field("x-cache"), "HIT", "x-cache after that");
  },

  "stores nothing when the source breaks, and cuts the connection": async (start) => {
    let runs = 0;
    const site = await start({
      handler: () => {
        const run = ++runs;
        return {
          body: (async function* () {
            yield encoder.encode(`run ${run}`);
            await new Promise((resolve) => setTimeout(resolve, 20));
            if (run === 1) throw new Error("broken in the middle, as the test wants it");
          })(),
        };
      },
    });
    const broken = await site.ask().then(
      () => false,
      () => true,
    );
    check(broken, "the client learns that the answer is not complete");
    const next = await site.ask();
    equal(next.text, "run 2", "body of the next");
    equal(next.field("x-cache"), "MISS", "x-cache of the next");
    equal((await site.ask()).text, "run 2", "body after that");
  },

  "keeps those who wait for a stream no longer than the stream takes": async (start) => {
    let runs = 0;
    const gate = signal();
    const site = await start({
      handler: () => {
        const run = ++runs;
        return {
          body: (async function* () {
            yield encoder.encode(`run ${run},`);
            if (run === 1) await gate.given;
            yield encoder.encode("end");
          })(),
        };
      },
    });
    const first = site.ask();
    await eventually(() => runs === 1, "the handler runs");
    const waiting = site.ask();
    await new Promise((resolve) => setTimeout(resolve, 50));
    gate.give();
    equal((await first).text, "run 1,end", "body of the first");
    equal((await waiting).text, "run 1,end", "body of the one who waited");
  },

  "does not store what is larger than it may be": async (start) => {
    let runs = 0;
    const site = await start({
      routes: [
        {
          path: "/at-once",
          options: { ttl: "1m", maxBodyBytes: 10, unkeyed: ["x-length"] },
          handler: (request) => ({ body: `${++runs} ${"x".repeat(Number(request.header("x-length")) - 2)}` }),
        },
        {
          path: "/pieces",
          options: { ttl: "1m", maxBodyBytes: 10 },
          handler: () => ({ body: slowly("123456", "78901") }),
        },
      ],
    });
    for (const run of [1, 2]) {
      const answer = await site.ask("/at-once", { headers: { "x-length": "11" } });
      equal(answer.text, `${run} xxxxxxxxx`, "body over the limit");
      equal(answer.field("x-cache"), "MISS", "x-cache over the limit");
    }
    await site.ask("/at-once", { headers: { "x-length": "9" } });
    equal((await site.ask("/at-once")).text, "3 xxxxxxx", "body at the limit");
    for (let turn = 0; turn < 2; turn++) {
      const answer = await site.ask("/pieces");
      equal(answer.text, "12345678901", "pieces over the limit");
      equal(answer.field("x-cache"), "MISS", "x-cache of pieces over the limit");
    }
  },
});

async function* slowly(...pieces: string[]): AsyncGenerator<Uint8Array> {
  for (const piece of pieces) {
    yield encoder.encode(piece);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

function text(piece: Uint8Array | undefined): string | undefined {
  return piece === undefined ? undefined : new TextDecoder().decode(piece);
}

let collect: (() => void) | undefined;

/** Bytes that are held, after what is not has been let go. */
async function memoryInUse(): Promise<number> {
  if (collect === undefined) {
    setFlagsFromString("--expose-gc");
    collect = runInNewContext("gc") as () => void;
  }
  collect();
  // What the first round has found is given back before the second.
  await turn();
  collect();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
