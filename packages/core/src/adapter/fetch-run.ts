import { handlersCopy } from "./fetch-request.ts";

/** Milliseconds that a run may take: there is no client who would go away and so end it. */
const longest = 60_000;

// Taken now: tests that put a timer of their own in its place must not stop refreshes.
const { setTimeout } = globalThis;

/**
 * Runs a request of the Web once more without a client: as it came, but for its conditions, with a signal of its own. It
 * begins after what has to be sent now, and its signal is aborted after a minute; the answer goes nowhere. Never rejects.
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
    const request = handlersCopy(received, { signal: AbortSignal.timeout(longest) });
    await new Promise((resolve) => setTimeout(resolve, 0));
    const { body } = await dispatch(request);
    await body?.cancel();
  } catch {
    // There is nobody to tell; that the load failed is an event.
  } finally {
    ended();
  }
}
