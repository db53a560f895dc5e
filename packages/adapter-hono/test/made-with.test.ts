import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { getRequestListener, serve } from "@hono/node-server";
import type { Context, Handler } from "hono";
import { afterEach, describe, expect, onTestFinished, test } from "vitest";
import { knownBody, madeWith } from "../src/made-with.ts";
import { putClassesBack } from "./platform-classes.ts";
import { newSite } from "./site.ts";

afterEach(putClassesBack);

const octets = new TextEncoder().encode("octets");
const type = { "Content-Type": "a/b" };

describe("responses of @hono/node-server", () => {
  test.each<[string, () => Response, string | Uint8Array | null | undefined]>([
    ["a text", () => new Response("text", { headers: type }), "text"],
    ["a text that is given a type by default", () => new Response("text"), "text"],
    ["octets", () => new Response(octets, { headers: new Headers(type) }), octets],
    ["nothing", () => new Response(null), null],
    ["a text whose type would be added on its way", () => new Response("text", { headers: { "X-A": "b" } }), undefined],
    ["a stream", () => new Response(new Blob(["text"]).stream(), { headers: type }), undefined],
    ["a form", () => new Response(new URLSearchParams("a=b"), { headers: type }), undefined],
  ])("made with %s", (_, make, body) => {
    getRequestListener(() => new Response());
    expect(knownBody(make())).toBe(body);
  });

  test("are asked themselves once somebody else has asked for more", () => {
    getRequestListener(() => new Response());
    const response = new Response("text");
    expect(madeWith(response)).toEqual({ body: "text", headers: undefined });
    void response.body;
    expect([madeWith(response), knownBody(response)]).toEqual([undefined, undefined]);
  });
});

test("others do not tell what they were made with", () => {
  expect([madeWith(new Response("text")), knownBody(new Response("text"))]).toEqual([undefined, undefined]);
});

const handlers: Record<string, (c: Context) => Response> = {
  text: (c) => c.text("ü", 203, { "X-Note": "a" }),
  json: (c) => c.json({ a: 1 }),
  octets: (c) => c.body(octets, 200, type),
  untyped: () => new Response("text"),
  lines: (c) => {
    c.header("Link", "</a>");
    c.header("Link", "</b>", { append: true });
    return c.html("<p>");
  },
};

test.each(Object.keys(handlers))(
  "%s goes out as it would without a cache, and is not asked for its body",
  async (name) => {
    const { app, cached } = newSite();
    let answer: Response | undefined;
    const handle = (c: Context) => {
      answer = handlers[name]?.(c);
      return answer;
    };
    app.get("/plain", handle as Handler);
    app.get("/cached", cached, handle as Handler);
    const server = serve({ fetch: app.fetch, port: 0, hostname: "127.0.0.1" });
    onTestFinished(() => void server.close());
    await once(server, "listening");
    const ask = async (path: string) => {
      const response = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/${path}`);
      const fields = ["content-type", "content-length", "link", "x-note"].map((field) => response.headers.get(field));
      return { state: response.headers.get("x-cache"), sent: [response.status, ...fields, await response.text()] };
    };
    const { sent } = await ask("plain");
    expect(await ask("cached")).toEqual({ state: "MISS", sent });
    expect(madeWith(answer as Response)).toBeDefined();
    expect(await ask("cached")).toEqual({ state: "HIT", sent });
  },
);
