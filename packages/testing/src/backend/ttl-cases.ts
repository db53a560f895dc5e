import { check } from "../check.ts";
import { casesOf } from "./backend-case.ts";

export const ttlCases = casesOf("ttl", {
  "keeps a value that never expires": async (subject) => {
    await subject.set("key", "value", Number.POSITIVE_INFINITY);
    await subject.wait(30);
    await subject.holds("key", "value", "a value set for ever");
  },

  "keeps a value until it expires": async (subject) => {
    await subject.set("key", "value", subject.now() + 30_000.25);
    await subject.wait(30);
    await subject.holds("key", "value", "a value with half a minute to live");
  },

  "keeps a value that expires in the far future": async (subject) => {
    for (const expiresAt of [8.64e15, Number.MAX_SAFE_INTEGER, 1e300]) {
      await subject.set("key", `until ${expiresAt}`, expiresAt);
      await subject.holds("key", `until ${expiresAt}`, `a value that expires at ${expiresAt}`);
    }
  },

  "never shows the old value once a new one was set, expired or not": async (subject) => {
    for (const expiresAt of [subject.now() - 1, subject.now() - 1_000_000, 0.5, 0, -1, Number.NEGATIVE_INFINITY]) {
      await subject.set("key", "old");
      await subject.set("key", "new", expiresAt);
      const found = await subject.get("key");
      check(
        found === undefined || found === "new",
        `after a value that expired at ${expiresAt} came, the old one shows`,
      );
    }
  },

  "forgets the expiry of the value before": async (subject) => {
    await subject.set("lasting", "short", subject.now() + 40);
    await subject.set("lasting", "long", Number.POSITIVE_INFINITY);
    await subject.set("extended", "short", subject.now() + 40);
    await subject.set("extended", "long", subject.now() + 60_000);
    await subject.wait(100);
    for (let round = 0; round < 10; round++) await subject.set("other", "value");
    await subject.holds("lasting", "long", "a value set for ever over one that was to expire");
    await subject.holds("extended", "long", "a value set for longer over one that was to expire");
  },
});
