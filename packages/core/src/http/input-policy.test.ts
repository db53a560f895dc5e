import { describe, expect, test } from "vitest";
import { request } from "../../test/http-request.ts";
import { defaultIdentity, type InputOptions, InputPolicy, type InputsAsked, inputNames } from "./input-policy.ts";
import { Inputs } from "./inputs.ts";

const options: InputOptions = { unkeyed: [], identity: defaultIdentity, host: true, cookies: undefined };
const byRoute: InputsAsked = { keyed: new Set(["x-keyed"]), granted: false, personal: false };
const byAnswer: InputsAsked = { ...byRoute, granted: true };

interface Case {
  readonly read: (inputs: Inputs) => void;
  readonly headers?: Record<string, string>;
  readonly host?: string;
  readonly options?: Partial<InputOptions>;
  readonly asked?: Partial<InputsAsked>;
}

function judge({ read, headers = {}, host = "localhost:8000", options: more, asked }: Case, base: InputsAsked) {
  const policy = new InputPolicy({ ...options, ...more });
  const inputs = new Inputs(policy.identity);
  read(inputs);
  const judged = policy.judge(inputs, request("/", { headers, host }), { ...base, ...asked });
  return judged.store ? judged.vary : judged.input;
}

const field =
  (...names: string[]) =>
  (inputs: Inputs) => {
    for (const name of names) inputs.field(name);
  };

/** What comes of it: further fields of `Vary`, or the input that stands in the way. */
type Told = readonly string[] | string;

const table: [what: string, Case, byRoute: Told, byAnswer: Told][] = [
  ["nothing", { read: () => {} }, [], []],
  ["a field in the key", { read: field("x-keyed") }, [], []],
  ["the host, which is in the key", { read: field("host", ":authority") }, [], []],
  [
    "the host, in capitals",
    { read: field("host"), host: "Localhost:8000", headers: { host: "Localhost:8000" } },
    ["host"],
    ["host"],
  ],
  [
    "the host, with the port that goes without saying",
    { read: field("host"), host: "localhost:80", headers: { host: "localhost:80" } },
    ["host"],
    ["host"],
  ],
  [
    "another spelling of the host, among all fields",
    { read: (inputs) => inputs.fields(), host: "localhost:80", headers: { host: "localhost:80" } },
    ["accept", "accept-charset", "accept-encoding", "accept-language", "host", "*"],
    ["host"],
  ],
  [
    "another spelling of the host, where it is not",
    { read: field("host"), host: "localhost:80", headers: { host: "localhost:80" }, options: { host: false } },
    "host",
    [],
  ],
  ["the host, where it is not", { read: field("host"), options: { host: false } }, "host", []],
  ["conditions", { read: field("if-none-match", "range", "if-range") }, [], []],
  ["the connection", { read: field("connection", "keep-alive", "content-length", "transfer-encoding") }, [], []],
  ["method overrides, with which no request comes so far", { read: field("x-http-method-override") }, [], []],
  ["negotiation", { read: field("accept", "accept-language") }, ["accept", "accept-language"], []],
  ["client hints", { read: field("sec-ch-ua-mobile", "save-data") }, ["sec-ch-ua-mobile", "save-data"], []],
  ["a field that is absent", { read: field("x-tenant") }, "x-tenant", []],
  ["a field that is there", { read: field("x-tenant"), headers: { "x-tenant": "a" } }, "x-tenant", []],
  ["a field that does not matter", { read: field("x-id"), options: { unkeyed: ["X-Id"] } }, [], []],
  ["routing that is absent", { read: field("x-forwarded-host") }, "x-forwarded-host", []],
  [
    "routing that is there",
    { read: field("x-forwarded-host"), headers: { "x-forwarded-host": "a" } },
    "x-forwarded-host",
    "x-forwarded-host",
  ],
  [
    "another kind of routing",
    { read: field("x-original-url"), headers: { "x-original-url": "/" } },
    "x-original-url",
    "x-original-url",
  ],
  ["routing in the key", { read: field("x-forwarded-host"), asked: { keyed: new Set(["x-forwarded-host"]) } }, [], []],
  ["no cookies, where requests with cookies do not come so far", { read: field("cookie") }, [], []],
  [
    "cookies that are said not to matter",
    { read: field("cookie"), options: { cookies: "ignore" } },
    "cookie",
    "cookie",
  ],
  [
    "the whole field, where only keyed ones are in it",
    {
      read: field("cookie"),
      headers: { cookie: "a=1" },
      options: { cookies: ["a"] },
      asked: { keyed: new Set(["cookie"]) },
    },
    [],
    [],
  ],
  [
    "the whole field, where others are in it",
    {
      read: field("cookie"),
      headers: { cookie: "a=1; b=2" },
      options: { cookies: ["a"] },
      asked: { keyed: new Set(["cookie"]) },
    },
    "cookie",
    "cookie",
  ],
  ["a cookie in the key", { read: (inputs) => inputs.cookie("a"), options: { cookies: ["a"] } }, [], []],
  [
    "a cookie that is not",
    { read: (inputs) => inputs.cookie("b"), options: { cookies: ["a"] } },
    "cookie b",
    "cookie b",
  ],
  [
    "a cookie, where none matters",
    { read: (inputs) => inputs.cookie("a"), options: { cookies: "ignore" } },
    "cookie a",
    "cookie a",
  ],
  ["no authorization", { read: field("authorization") }, [], []],
  [
    "authorization",
    { read: field("authorization"), headers: { authorization: "x" } },
    "authorization",
    "authorization",
  ],
  ["the address", { read: (inputs) => inputs.address() }, "ip", "ip"],
  ["the address, which does not matter", { read: (inputs) => inputs.address(), options: { unkeyed: ["ip"] } }, [], []],
  ["a person", { read: (inputs) => inputs.attached("user") }, "user", "user"],
  ["what well-known middleware attaches", { read: (inputs) => inputs.attached("oidc") }, "oidc", "oidc"],
  [
    "a nonce, which is that of one answer, also of one who is",
    { read: (inputs) => inputs.attached("secureHeadersNonce"), asked: { personal: true } },
    "secureHeadersNonce",
    "secureHeadersNonce",
  ],
  ["a person who is in the key", { read: (inputs) => inputs.attached("user"), asked: { personal: true } }, [], []],
  ["the address of one who is", { read: (inputs) => inputs.address(), asked: { personal: true } }, "ip", "ip"],
  [
    "what says who, where that is in the key",
    { read: field("cookie", "authorization"), headers: { authorization: "x" }, asked: { personal: true } },
    [],
    [],
  ],
  ["all fields of a bare request", { read: (inputs) => inputs.fields(), headers: { host: "a", connection: "close" } }, ["accept", "accept-charset", "accept-encoding", "accept-language", "*"], []], // biome-ignore format: one line a case
  ["all fields, one unknown", { read: (inputs) => inputs.fields(), headers: { "x-tenant": "a" } }, "x-tenant", []],
  [
    "all fields, one of routing",
    { read: (inputs) => inputs.fields(), headers: { forwarded: "a" } },
    "forwarded",
    "forwarded",
  ],
  ["all fields, with hints", { read: (inputs) => inputs.fields(), headers: { dpr: "2" } }, ["accept", "accept-charset", "accept-encoding", "accept-language", "dpr", "*"], []], // biome-ignore format: one line a case
];

describe("what is read", () => {
  test.each(table)("%s, where the route grants freshness", (_, asked, told) => {
    expect(judge(asked, byRoute)).toEqual(told);
  });

  test.each(table)("%s, where the answer does", (_, asked, _told, told) => {
    expect(judge(asked, byAnswer)).toEqual(told);
  });
});

test("a body's type and coding are in the key where the body is, and nowhere else", () => {
  const policy = new InputPolicy(options);
  const inputs = new Inputs([]);
  inputs.field("content-type");
  expect(policy.judge(inputs, request("/", { method: "POST" }), byRoute).store).toBe(true);
  expect(policy.judge(inputs, request("/"), byRoute).store).toBe(false);
});

test("what an application calls a person goes in place of the usual names; what does not matter is not watched", () => {
  expect(new InputPolicy({ ...options, identity: ["member"] }).identity).toEqual(["member"]);
  expect(new InputPolicy({ ...options, identity: ["member", "user"], unkeyed: ["user"] }).identity).toEqual(["member"]);
});

test("a refusal names the input and the way out, at no great length", () => {
  const policy = new InputPolicy(options);
  const inputs = new Inputs([]);
  inputs.field("x-tenant");
  expect(policy.judge(inputs, request("/"), byRoute)).toMatchObject({
    reason: "unkeyed-input",
    detail: 'x-tenant; vary: ["x-tenant"] or unkeyed: ["x-tenant"]',
  });
  const long = new Inputs([]);
  long.field("x".repeat(8000));
  const judged = policy.judge(long, request("/"), byRoute);
  expect(judged.store || judged.detail?.length).toBeLessThan(200);
});

test.each([[""], ["a b"], [1], null])("names that are none are refused: %o", (value) => {
  const wrong = (Array.isArray(value) ? value : "x") as string[];
  expect(() => inputNames("unkeyed", wrong)).toThrow(
    expect.objectContaining({ code: "OPTION_INVALID", option: "unkeyed" }),
  );
});
