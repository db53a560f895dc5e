import { describe, expect, test } from "vitest";
import { Flight } from "./flight.ts";
import { Flights } from "./flights.ts";

const flight = (key: string, under?: string) =>
  new Flight(
    key,
    { labels: [], ...(under !== undefined && { under }) },
    { kind: "lookup", mark: undefined, generation: 0 },
  );

describe("Flights", () => {
  test("one that leads is found, until it lands or is detached", () => {
    const flights = new Flights();
    const [one, two] = [flight("k"), flight("k")];
    flights.lead(one);
    expect(flights.of("k")).toBe(one);
    flights.land(two);
    expect(flights.of("k")).toBe(one);
    flights.detach(one);
    expect(flights.of("k")).toBeUndefined();
    flights.lead(two);
    flights.land(two);
    expect(flights.of("k")).toBeUndefined();
  });

  test("a fence reaches all loads of its key that are under way, and no others", () => {
    const flights = new Flights();
    const [leading, alone, landed, other] = [flight("k"), flight("k"), flight("k"), flight("l")];
    flights.lead(leading);
    flights.detach(alone);
    flights.detach(landed);
    flights.land(landed);
    flights.lead(other);
    flights.fence("k");
    expect([leading, alone, landed, other].map(({ fenced }) => fenced)).toEqual([true, true, false, false]);
    expect(flights.of("k")).toBeUndefined();
    expect(flights.of("l")).toBe(other);
  });

  test("one of the index reaches the loads of what it leads to, and nobody joins those any more", () => {
    const flights = new Flights();
    const [leading, alone, landed, other] = [flight("k 1", "k"), flight("k 1", "k"), flight("k 2", "k"), flight("k 3")];
    flights.lead(leading);
    flights.detach(alone);
    flights.lead(landed);
    flights.land(landed);
    flights.lead(other);
    flights.fence("k");
    expect([leading, alone, landed, other].map(({ fenced }) => fenced)).toEqual([true, true, false, false]);
    expect(flights.of("k 1")).toBeUndefined();
    expect(flights.of("k 3")).toBe(other);
  });
});
