export { watchAttached, watchPresent } from "./attached.ts";
export { watchComputed } from "./computed.ts";
export { followedCapture } from "./followed-capture.ts";
export { exchange, Held, type Shadow, shadow, together } from "./shadow.ts";
export { watchAddress } from "./watched-address.ts";
export { type RecordReader, watchedRecord } from "./watched-record.ts";
export { type IncomingFields, type ShownRequest, showRequest } from "./watched-request.ts";
export { Watching } from "./watching.ts";
