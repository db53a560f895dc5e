import { afterEach, expect, test, vi } from "vitest";
import { fetchForNobody } from "./fetch-run.ts";

const received = (signal?: AbortSignal) =>
  new Request("http://shop.example/a?b", {
    headers: { "If-None-Match": '"mine"', Accept: "text/plain" },
    ...(signal && { signal }),
  });

/** Runs it, and gives how often it ended. */
async function run(dispatch: (request: Request) => Response | Promise<Response>, request = received()) {
  let ends = 0;
  await fetchForNobody(request, dispatch, () => ends++);
  return ends;
}

afterEach(() => {
  vi.restoreAllMocks();
});

test("the request is as it came, without conditions, and is not ended by its client", async () => {
  const seen: unknown[] = [];
  const ends = await run(({ url, headers, signal }) => {
    seen.push(url, [...headers], signal.aborted);
    return new Response("text");
  }, received(AbortSignal.abort()));
  expect(seen).toEqual(["http://shop.example/a?b", [["accept", "text/plain"]], false]);
  expect(ends).toBe(1);
});

test("it begins later", async () => {
  let begun = false;
  const running = run(() => {
    begun = true;
    return new Response();
  });
  await Promise.resolve();
  expect(begun).toBe(false);
  await running;
  expect(begun).toBe(true);
});

test("of what nobody reads, no more is made", async () => {
  let cancelled = false;
  const body = new ReadableStream({
    cancel: () => {
      cancelled = true;
    },
  });
  await run(() => new Response(body));
  expect(cancelled).toBe(true);
});

test.each([
  [
    "throws",
    () => {
      throw new Error("as the test wants it");
    },
  ],
  ["rejects", () => Promise.reject(new Error("as the test wants it"))],
])("an application that %s ends it", async (_, dispatch) => {
  expect(await run(dispatch)).toBe(1);
});

test("an application that never answers is waited for until its time is up", async () => {
  const time = new AbortController();
  vi.spyOn(AbortSignal, "timeout").mockReturnValue(time.signal);
  let [ends, begun] = [0, false];
  const dispatch = () => {
    begun = true;
    return new Promise<never>(() => {});
  };
  const running = fetchForNobody(received(), dispatch, () => ends++);
  await vi.waitFor(() => expect(begun).toBe(true));
  expect(ends).toBe(0);
  time.abort();
  await running;
  expect(ends).toBe(1);
});

test("its time is a minute", async () => {
  const timeout = vi.spyOn(AbortSignal, "timeout");
  await run(() => new Response());
  expect(timeout.mock.calls).toEqual([[60_000]]);
});
