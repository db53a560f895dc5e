import { expect, test } from "vitest";
import { readRedisAddress } from "../src/redis-address.ts";

test("a server, whatever else its URL says", () => {
  for (const url of ["redis://127.0.0.1:6379", "rediss://user:secret@host/3"]) {
    expect(readRedisAddress(url)).toEqual({ kind: "server", url });
  }
});

test("Sentinels and the name of the master", () => {
  expect(readRedisAddress("redis+sentinel://10.0.0.1:26379,[::1]:26380/my-main")).toEqual({
    kind: "sentinel",
    hosts: [
      { host: "10.0.0.1", port: 26_379 },
      { host: "::1", port: 26_380 },
    ],
    name: "my-main",
  });
});

test("some nodes of a cluster", () => {
  expect(readRedisAddress("redis+cluster://one:7000,two:7001")).toEqual({
    kind: "cluster",
    hosts: [
      { host: "one", port: 7000 },
      { host: "two", port: 7001 },
    ],
  });
});

test.each([
  "",
  "127.0.0.1:6379",
  "http://127.0.0.1",
  "redis+sentinel://one:26379",
  "redis+sentinel://one/main",
  "redis+cluster://one:7000/main",
  "redis+cluster://one:7000,",
  "redis+cluster://one:70000",
  "redis+other://one:7000",
])("nothing else: %s", (text) => {
  expect(readRedisAddress(text)).toBeUndefined();
});
