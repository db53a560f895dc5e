import { handlersCopy } from "./fetch-request.ts";

/** Milliseconds that a run may take: there is no client who would go away and so end it. */
const longest = 60_000;

// Taken now: tests that put a timer of their own in its place must not stop refreshes.
const { setTimeout } = globalThis;

/**
 * Runs a request of the Web once more without a client: as it came, but for its conditions, with a signal of its own. It
 * begins after what has to be sent now, and ends after a minute at most, when its signal is aborted; the answer goes
 * nowhere. Never rejects.
 *
 * @param dispatch hands the request to the application
 * @param ended is called, once, when there is an answer, or can be none any more
 */
export async function fetchForNobody(
  received: Request,
  dispatch: (request: Request) => Response | Promise<Response>,
  ended: () => void,
): Promise<void> {
  try {
    // Its own signal: that of the client ends with the client.
    const signal = AbortSignal.timeout(longest);
    const request = handlersCopy(received, { signal });
    await new Promise((resolve) => setTimeout(resolve, 0));
    const run = async () => (await dispatch(request)).body?.cancel();
    await Promise.race([run(), new Promise((resolve) => signal.addEventListener("abort", resolve))]);
  } catch {
    // There is nobody to tell; that the load failed is an event.
  } finally {
    ended();
  }
}
