import { expect, test } from "vitest";
import { Flight } from "./flight.ts";
import { Flights } from "./flights.ts";

const flight = (key = "k", under?: string) =>
  new Flight(
    key,
    { labels: ["*"], ...(under !== undefined && { under }) },
    {
      kind: "lookup",
      mark: undefined,
      exact: false,
      purges: 0,
    },
  );

test("a load that leads is found by newcomers until it lands", () => {
  const [flights, one] = [new Flights(), flight()];
  flights.lead(one);
  expect([flights.of("k"), flights.of("l")]).toEqual([one, undefined]);
  flights.land(one);
  expect(flights.of("k")).toBeUndefined();
});

test("a load that lands late does not take away the one that came after it", () => {
  const [flights, one, other] = [new Flights(), flight(), flight()];
  flights.lead(one);
  flights.lead(other);
  flights.land(one);
  flights.detach(one);
  expect(flights.of("k")).toBe(other);
});

test("a fence reaches all loads of the key, those that nobody joins as well, and no others", () => {
  const flights = new Flights();
  const [leading, detached, lone, elsewhere] = [flight(), flight(), flight(), flight("l")];
  flights.lead(detached);
  flights.detach(detached);
  flights.detach(lone);
  flights.lead(leading);
  flights.lead(elsewhere);
  flights.fence("k");
  expect([leading, detached, lone, elsewhere].map(({ fenced }) => fenced)).toEqual([true, true, true, false]);
  expect([flights.of("k"), flights.of("l")]).toEqual([undefined, elsewhere]);
});

test("a fence reaches the loads of all keys that an index under its key led to, and they are joined no more", () => {
  const flights = new Flights();
  const [leading, detached, landed, elsewhere] = [
    flight("k a", "k"),
    flight("k b", "k"),
    flight("k c", "k"),
    flight("l a", "l"),
  ];
  for (const one of [leading, detached, landed, elsewhere]) flights.lead(one);
  flights.detach(detached);
  flights.land(landed);
  flights.fence("k");
  expect([leading, detached, landed, elsewhere].map(({ fenced }) => fenced)).toEqual([true, true, false, false]);
  expect([flights.of("k a"), flights.of("l a")]).toEqual([undefined, elsewhere]);
});

test("a fence of one key leaves the others of its index alone", () => {
  const [flights, one, other] = [new Flights(), flight("k a", "k"), flight("k b", "k")];
  flights.lead(one);
  flights.lead(other);
  flights.fence("k a");
  expect([one.fenced, other.fenced]).toEqual([true, false]);
});

test("what has landed is out of reach", () => {
  const [flights, lone, leading] = [new Flights(), flight(), flight()];
  flights.detach(lone);
  flights.land(lone);
  flights.lead(leading);
  flights.land(leading);
  flights.fence("k");
  expect([lone.fenced, leading.fenced]).toEqual([false, false]);
});

test("an outcome is told to all, and is known from then on", async () => {
  const one = flight();
  expect(one.ended).toBeUndefined();
  one.settle({ type: "value", value: 1 });
  expect(one.ended).toEqual({ type: "value", value: 1 });
  await expect(one.outcome).resolves.toBe(one.ended);
});
