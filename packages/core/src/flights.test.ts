import { expect, test } from "vitest";
import { Flight } from "./flight.ts";
import { Flights } from "./flights.ts";

const flight = () => new Flight({ kind: "lookup", mark: undefined, exact: false, purges: 0 }, ["*"]);

test("a load that leads is found by newcomers until it lands", () => {
  const [flights, one] = [new Flights(), flight()];
  flights.lead("k", one);
  expect([flights.of("k"), flights.of("l")]).toEqual([one, undefined]);
  flights.land("k", one);
  expect(flights.of("k")).toBeUndefined();
});

test("a load that lands late does not take away the one that came after it", () => {
  const [flights, one, other] = [new Flights(), flight(), flight()];
  flights.lead("k", one);
  flights.lead("k", other);
  flights.land("k", one);
  flights.detach("k", one);
  expect(flights.of("k")).toBe(other);
});

test("a fence reaches all loads of the key, those that nobody joins as well, and no others", () => {
  const flights = new Flights();
  const [leading, detached, lone, elsewhere] = [flight(), flight(), flight(), flight()];
  flights.lead("k", detached);
  flights.detach("k", detached);
  flights.detach("k", lone);
  flights.lead("k", leading);
  flights.lead("l", elsewhere);
  flights.fence("k");
  expect([leading, detached, lone, elsewhere].map(({ fenced }) => fenced)).toEqual([true, true, true, false]);
  expect([flights.of("k"), flights.of("l")]).toEqual([undefined, elsewhere]);
});

test("what has landed is out of reach", () => {
  const [flights, lone, leading] = [new Flights(), flight(), flight()];
  flights.detach("k", lone);
  flights.land("k", lone);
  flights.lead("k", leading);
  flights.land("k", leading);
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
