import { showRequest, together, type Watching, watchAttached, watchComputed } from "@cachette/core/adapter";
import type { MissTicket } from "@cachette/core/http";
import type { Incoming } from "./request-view.ts";
import { showTarget } from "./shown-target.ts";

/** Shows the handlers behind the request as a ticket wants it to be seen, and watches what they read. Gives the way back. */
export function showTo(
  request: Incoming,
  locals: unknown,
  { ask, target }: Pick<MissTicket, "ask" | "target">,
  watching: Watching,
): () => void {
  return together(
    showRequest(request, { ask, watch: watching }),
    watchAttached(request, watching),
    watchComputed(request, watching, computed, (name) => tellComputed(name, request, watching)),
    typeof locals === "object" && locals !== null ? watchAttached(locals, watching) : undefined,
    target === undefined ? undefined : showTarget(request, target),
  );
}

/** What Express makes of fields and connection. */
const computed = ["host", "hostname", "subdomains", "protocol", "secure", "ip", "ips", "fresh", "stale"] as const;

/** Of the fields that proxies set, Express looks at those only if it trusts them. */
function tellComputed(name: (typeof computed)[number], request: Incoming, watching: Watching): void {
  const trusted = () => watching.silently(() => trusts(request));
  switch (name) {
    case "host":
    case "hostname":
    case "subdomains":
      watching.field("host");
      if (trusted()) watching.field("x-forwarded-host");
      break;
    case "protocol":
    case "secure":
      // Without a proxy, the scheme is that of the connection, which is in the key along with the host.
      watching.field(trusted() ? "x-forwarded-proto" : "host");
      break;
    case "ip":
    case "ips":
      watching.address();
      break;
    // The cache's own conditions: `response.send` asks for these to see whether a 304 will do.
    case "fresh":
    case "stale":
  }
}

function trusts({ app, socket }: Incoming): boolean {
  const trust: unknown = app?.get?.("trust proxy fn");
  return typeof trust === "function" && trust(socket.remoteAddress, 0) === true;
}
