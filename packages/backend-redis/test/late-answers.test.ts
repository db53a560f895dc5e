import { judgeValidity, type Versions } from "@cachette/core";
import { expect, test, vi } from "vitest";
import { Batch } from "../src/batch.ts";
import { checkClient } from "../src/client.ts";
import { Connection } from "../src/connection.ts";
import { redisBackend } from "../src/index.ts";
import { RedisVersions } from "../src/redis-versions.ts";
import type { Subscriber, Subscription } from "../src/subscriber.ts";
import { answeringClient } from "./answering-client.ts";

const look = (versions: Versions) => versions.read([]);
const invalidation = (versions: Versions) => versions.advance(["t"], "hard");

test.each([
  ["a look", look, "mget", ["first:1"]],
  ["a look that tells of more", look, "mget", ['first:2\n2h["t"]']],
  ["an invalidation", invalidation, "evalsha", ['first:2\n2h["t"]', "first:2:0"]],
])("answered late, %s does not bring back an epoch that is over", async (_what, call, command, answer) => {
  const { client, asked } = answeringClient();
  const versions = redisBackend(client).versions("scope");
  const before = versions.read([]);
  (await asked("mget")).answer(["first:1"]);
  const { mark } = await before;

  const late = call(versions);
  const question = await asked(command);
  // The clock is lost, and somebody else begins a new one.
  const present = versions.read(["t"]);
  (await asked("mget")).answer(["second:0"]);
  (await asked("evalsha")).answer(["second:0", "second:0:0"]);
  const reading = { mark: { epoch: "second", seq: 0 }, stamps: [{ hard: 0, soft: 0 }] };
  expect(await present).toEqual(reading);

  question.answer(answer);
  await late;
  expect(versions.known?.(["t"])).toEqual(reading);
  const after = versions.read(["t"]);
  (await asked("mget")).answer(["second:0"]);
  expect(judgeValidity(mark, await after)).toBe("void");
});

test("a look that began before all changes are heard of does not stand for one after", async () => {
  const { client, asked } = answeringClient();
  const connection = new Connection(checkClient(client));
  let subscription: Subscription | undefined;
  const subscriber = {
    add(_name: string, added: Subscription) {
      subscription = added;
      return () => {};
    },
  } as unknown as Subscriber;
  const versions = new RedisVersions(
    { connection, batch: new Batch(connection, false), subscriber },
    "scope",
    Infinity,
  );
  const watch = versions.watch({ changed() {}, lost() {} });
  const found = new Promise((arrived, failed) => versions.lookUp("key", { arrived, failed }));
  subscription?.ready();
  // Both in the same question.
  (await asked("mget")).answer(["first:1", "value"]);
  expect(String(await found)).toBe("value");
  await vi.waitFor(() => expect(watch.current).toEqual({ epoch: "first", seq: 1 }));
  watch.close();
});

test("what was asked for before the backend is closed is answered", async () => {
  const { client, asked } = answeringClient();
  const backend = redisBackend(client);
  const found = backend.get("key");
  await backend.close();
  (await asked("mget")).answer(["value"]);
  expect(String(await found)).toBe("value");
});
