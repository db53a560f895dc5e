import { type IncomingMessage, request } from "node:http";
import { text } from "node:stream/consumers";
import { originStatus } from "./ask-origin.ts";
import type { SuiteFetch, SuiteRequest, SuiteResponse } from "./suite.ts";

/** Milliseconds that an answer may take. Nothing in the suite is slow on purpose, so an answer that is later is lost. */
const patience = 20_000;

/**
 * What the suite asks with. The platform's `fetch` would add `Cache-Control: no-cache` to conditional requests, decode
 * content and take no status above 599.
 *
 * @param subject URL of the cache under test, which sees the paths below `/test`
 * @param origin URL of the suite's server, which is asked for everything else: what is set up there and looked up
 * afterwards is none of the cache's business
 */
export function suiteFetch(subject: string, origin: string): SuiteFetch {
  return async (target, init = {}) => {
    const { pathname, search } = new URL(target, subject);
    return exchange(`${pathname.startsWith("/test/") ? subject : origin}${pathname}${search}`, init);
  };
}

function exchange(url: string, init: SuiteRequest): Promise<SuiteResponse> {
  return new Promise((resolve, reject) => {
    const { method = "GET", headers = [], body } = init;
    const signal = AbortSignal.timeout(patience);
    const question = request(url, { method, agent: false, signal }, (answer) => read(answer).then(resolve, reject));
    question.on("error", reject);
    for (const [name, value] of headers) question.appendHeader(name, String(value));
    if (body !== undefined) {
      // Node would send the body of a DELETE without a length, which no server can read.
      question.setHeader("content-length", Buffer.byteLength(body));
      if (!question.hasHeader("content-type")) question.setHeader("content-type", "text/plain");
    }
    question.end(body);
  });
}

async function read(answer: IncomingMessage): Promise<SuiteResponse> {
  const { rawHeaders, statusCode = 0, statusMessage: statusText = "" } = answer;
  const headers = new Headers();
  for (let index = 0; index < rawHeaders.length; index += 2) {
    headers.append(rawHeaders[index] ?? "", rawHeaders[index + 1] ?? "");
  }
  const content = await text(answer);
  const status = Number(headers.get(originStatus) ?? statusCode);
  return { status, statusText, headers, text: async () => content };
}
