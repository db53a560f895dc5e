import { showRequest, together, type Watching, watchAttached, watchComputed } from "@cachette/core/adapter";
import type { MissTicket } from "@cachette/core/http";
import type { Incoming } from "./request-view.ts";
import { showTarget } from "./shown-target.ts";

/** Shows the handlers behind the request as a ticket wants it to be seen, and watches what they read. Gives the way back. */
export function showTo(
  request: Incoming,
  locals: object | undefined,
  { ask, target }: Pick<MissTicket, "ask" | "target">,
  watching: Watching,
): () => void {
  return together(
    showRequest(request, { ask, watch: watching }),
    watchAttached(request, watching),
    watchComputed(request, watching, computedOf(request, watching)),
    locals && watchAttached(locals, watching),
    target === undefined ? undefined : showTarget(request, target),
  );
}

/** What Express makes of fields and connection: of those that proxies set, only if it trusts them. */
function computedOf(request: Incoming, watching: Watching): Record<string, () => void> {
  const trusted = () => watching.silently(() => trusts(request));
  const host = () => {
    watching.field("host");
    if (trusted()) watching.field("x-forwarded-host");
  };
  // Without a proxy, the scheme is that of the connection, which is in the key along with the host.
  const scheme = () => watching.field(trusted() ? "x-forwarded-proto" : "host");
  const address = () => watching.address();
  // The cache's own conditions: `response.send` asks for these to see whether a 304 will do.
  const nothing = () => {};
  return {
    host,
    hostname: host,
    subdomains: host,
    protocol: scheme,
    secure: scheme,
    ip: address,
    ips: address,
    fresh: nothing,
    stale: nothing,
  };
}

function trusts({ app, socket }: Incoming): boolean {
  const trust: unknown = app?.get?.("trust proxy fn");
  return typeof trust === "function" && trust(socket.remoteAddress, 0) === true;
}
