export type { HttpCache } from "./http-cache.ts";
export { createHttpCache } from "./http-cache.ts";
export type { PrivateOptions } from "./identity.ts";
export type { InputWatch } from "./inputs.ts";
export type { InvalidatesOptions } from "./invalidates.ts";
export type { RouteOptions } from "./options.ts";
export type { PurgeReply, PurgeRouteOptions } from "./purge.ts";
export { createPurge } from "./purge.ts";
export type { QueryOptions } from "./query.ts";
export { queryNames } from "./query.ts";
export type { CachedMethod } from "./request-body.ts";
export type { RequestView } from "./request-view.ts";
export type { Body, HeaderFields, Reply, ResponseHead, StoredResponse } from "./response.ts";
export type {
  BypassTicket,
  Capture,
  HitTicket,
  MissTicket,
  StaleTicket,
  StreamVerdict,
  Ticket,
  Verdict,
} from "./ticket.ts";
export { conditionalFields } from "./ticket.ts";
