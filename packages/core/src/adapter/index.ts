export { watchAttached, watchPresent } from "./attached.ts";
export { type Nobody, type Received, runForNobody } from "./background-run.ts";
export { watchComputed } from "./computed.ts";
export { constrained } from "./constrained.ts";
export { endingWith } from "./ending.ts";
export { bytesOfCopy, showFetchRequest } from "./fetch-request.ts";
export { contentOf, type FetchRecording, fetchResponse, recordFetch } from "./fetch-response.ts";
export { fetchForNobody } from "./fetch-run.ts";
export { changedFields, type FieldRecord, fieldRecord, hasType, lowerCased } from "./fields.ts";
export { holdResponse } from "./held-response.ts";
export { type Incoming, IncomingView } from "./incoming-view.ts";
export {
  bodyOf,
  fieldsOf,
  forSending,
  type NodeResponse,
  type ResponseFields,
  setFields,
} from "./node-response.ts";
export { orAbandon } from "./or-abandon.ts";
export { type PayloadVerdict, recordPayload } from "./payload.ts";
export { type RecorderOptions, ResponseRecorder } from "./response-recorder.ts";
export { exchange, held, Shadow, shadow, shadowAll, together } from "./shadow.ts";
export { shownQuery } from "./shown-query.ts";
export { pathOf, queryOf } from "./target.ts";
export { watchAddress } from "./watched-address.ts";
export { watchedHeaders } from "./watched-headers.ts";
export { watchedRecord } from "./watched-record.ts";
export { type IncomingFields, type ShownRequest, showRequest } from "./watched-request.ts";
export { Watching } from "./watching.ts";
