import type { IncomingMessage } from "node:http";
import { joinKey } from "@cachette/core";
import type { RouteOptions } from "@cachette/core/http";
import { expect, test } from "vitest";
import { running } from "./running-app.ts";

test("routes for one target that are told apart by constraints have keys of their own", async () => {
  const tenants = {
    name: "tenant",
    storage() {
      const handlers = new Map<unknown, never>();
      return {
        get: (tenant: unknown) => handlers.get(tenant) ?? null,
        set: (tenant: unknown, handler: never) => void handlers.set(tenant, handler),
      };
    },
    deriveConstraint: ({ headers }: IncomingMessage) => headers["x-tenant"],
    validate() {},
  };
  const { ask } = await running(
    { ttl: "1m" },
    (app) => {
      const key = (_request: unknown, tail: () => string) => joinKey(tail(), "own");
      const own = (cache: RouteOptions, constraints: Record<string, string>) =>
        app.get("/", { config: { cache }, constraints }, async () => JSON.stringify(constraints));
      own({}, { version: "1.2.0" });
      own({}, { version: "2.0.0" });
      own({ key }, { tenant: "a" });
      own({ key }, { tenant: "b" });
      app.get("/", { config: { cache: {} } }, async () => "none");
    },
    // The handlers that it keeps are of a type that only the router has.
    { routerOptions: { constraints: { tenant: tenants as never } } },
  );
  for (const shown of ["MISS", "HIT"]) {
    for (const [headers, text] of [
      [{}, "none"],
      [{ "accept-version": "1.x" }, '{"version":"1.2.0"}'],
      [{ "accept-version": "2.x" }, '{"version":"2.0.0"}'],
      [{ "x-tenant": "a" }, '{"tenant":"a"}'],
      [{ "x-tenant": "b" }, '{"tenant":"b"}'],
    ] as const) {
      const answer = await ask("/", headers);
      expect([answer.text, answer.headers["x-cache"]]).toEqual([text, shown]);
    }
  }
});

test("a target that is rewritten by something else has a key of its own", async () => {
  const { ask } = await running(
    { ttl: "1m" },
    (app) => void app.get("/:tenant", { config: { cache: {} } }, async ({ params }) => JSON.stringify(params)),
    { rewriteUrl: ({ url = "/", headers }) => `/${headers["x-tenant"] ?? "none"}${url.slice(2)}` },
  );
  for (const shown of ["MISS", "HIT"]) {
    for (const tenant of ["a", "b"]) {
      const answer = await ask("/x", { "x-tenant": tenant });
      expect([answer.text, answer.headers["x-cache"]]).toEqual([`{"tenant":"${tenant}"}`, shown]);
    }
  }
});

test("constraints that are no data, as a strategy of the application may have, tell routes apart as well", async () => {
  const matching = {
    name: "matching",
    storage() {
      const handlers: [test: (asked: unknown) => boolean, handler: never][] = [];
      return {
        get: (asked: unknown) => handlers.find(([matches]) => matches(asked))?.[1] ?? null,
        set: (matches: never, handler: never) => void handlers.push([matches, handler]),
      };
    },
    deriveConstraint: ({ headers }: IncomingMessage) => headers["x-tenant"],
    validate() {},
  };
  const { ask } = await running(
    { ttl: "1m" },
    (app) => {
      for (const tenant of ["a", "b"]) {
        const constraints = { matching: (asked: unknown) => asked === tenant };
        app.get("/", { config: { cache: {} }, constraints }, async () => tenant);
      }
    },
    { routerOptions: { constraints: { matching: matching as never } } },
  );
  for (const shown of ["MISS", "HIT"]) {
    for (const tenant of ["a", "b"]) {
      const answer = await ask("/", { "x-tenant": tenant });
      expect([answer.text, answer.headers["x-cache"]]).toEqual([tenant, shown]);
    }
  }
});
