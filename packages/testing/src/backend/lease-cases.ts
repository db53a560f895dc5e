import type { ByteBackend } from "@cachette/core";
import { check, equal } from "../check.ts";
import { casesOf } from "./backend-case.ts";

const long = { ttl: 60_000, force: false };

/** Short enough to wait for, and long enough to do something in between. */
const short = { ttl: 300, force: false };

export const leaseCases = casesOf(
  "leases",
  {
    "gives a lease to one owner at a time, each key its own": async (subject) => {
      const leases = subject.leases();
      check((await leases.acquire("a", "me", long)).held, "the first gets the lease");
      check(!(await leases.acquire("a", "you", long)).held, "the second does not");
      check((await leases.acquire("b", "you", long)).held, "the second gets that of another key");
    },

    "gives it to one of many who ask at the same time": async (subject) => {
      const leases = subject.leases();
      const asked = Array.from({ length: 50 }, (_, index) => leases.acquire("a", `owner ${index}`, long));
      equal((await Promise.all(asked)).filter(({ held }) => held).length, 1, "how many of 50 got the lease");
    },

    "tells who gets it what is stored": async (subject) => {
      const leases = subject.leases();
      const empty = await leases.acquire("a", "me", long);
      check(empty.held && empty.value === undefined, "nothing is stored under a new key");
      await subject.set("b", "value");
      const full = await leases.acquire("b", "me", long);
      equal(full.held ? subject.nameOf(full.value) : "(not held)", "value", "what is stored, as told with the lease");
    },

    "takes it from whoever has it, by force": async (subject) => {
      const leases = subject.leases();
      await leases.acquire("a", "me", long);
      check((await leases.acquire("a", "you", { ...long, force: true })).held, "the lease is taken over");
      check(!(await subject.fill(leases, "a", "me", "mine")), "who lost it may not fill the key");
      check(await subject.fill(leases, "a", "you", "yours"), "who took it may");
      await subject.holds("a", "yours", "what is stored");
    },

    "ends it when its time is up": async (subject) => {
      const leases = subject.leases();
      await leases.acquire("a", "me", short);
      await subject.wait(short.ttl + 100);
      check((await leases.acquire("a", "you", long)).held, "the next gets it");
      check(!(await subject.fill(leases, "a", "me", "late")), "who had it may not fill the key any more");
    },

    "extends it for its owner, and for nobody else": async (subject) => {
      const leases = subject.leases();
      await leases.acquire("a", "me", short);
      check(!(await leases.extend("a", "you", 60_000)), "another may not extend it");
      check(await leases.extend("a", "me", 60_000), "its owner may");
      await subject.wait(short.ttl + 100);
      check(!(await leases.acquire("a", "you", long)).held, "it lasts beyond its first time");
      check(!(await leases.extend("b", "me", 60_000)), "what is not there cannot be extended");
    },

    "releases it for its owner, and for nobody else": async (subject) => {
      const leases = subject.leases();
      await leases.acquire("a", "me", long);
      await leases.release("a", "you");
      check(!(await leases.acquire("a", "you", long)).held, "another may not release it");
      await leases.release("a", "me");
      check((await leases.acquire("a", "you", long)).held, "its owner may");
    },

    "fills a key for who has its lease, and ends it, or keeps it if asked": async (subject) => {
      const leases = subject.leases();
      check(!(await subject.fill(leases, "a", "me", "no")), "without a lease nothing is stored");
      await subject.holds("a", undefined, "what is stored then");
      await leases.acquire("a", "me", long);
      check(await subject.fill(leases, "a", "me", "first", true), "the owner fills the key");
      check(!(await leases.acquire("a", "you", long)).held, "and keeps the lease");
      check(await subject.fill(leases, "a", "me", "second"), "the owner fills the key again");
      await subject.holds("a", "second", "what is stored at the end");
      check((await leases.acquire("a", "you", long)).held, "the lease is free then");
    },

    "stores nothing that was loaded before a removal": async (subject) => {
      const leases = subject.leases();
      await leases.acquire("a", "me", long);
      check(!(await leases.remove("a")), "there was no value to remove");
      check(!(await subject.fill(leases, "a", "me", "from before")), "what was loaded before is refused");
      await subject.holds("a", undefined, "what is stored");
      check((await leases.acquire("a", "you", long)).held, "the lease is free");
    },

    "stores nothing that was loaded before a value was put by hand": async (subject) => {
      const leases = subject.leases();
      await leases.acquire("a", "me", long);
      const value = subject.value("by hand") as Uint8Array;
      await leases.put("a", value, { expiresAt: subject.now() + 60_000, size: 10 });
      check(!(await subject.fill(leases, "a", "me", "from before")), "what was loaded before is refused");
      await subject.holds("a", "by hand", "what is stored");
      check(await leases.remove("a"), "there is a value to remove");
      await subject.holds("a", undefined, "what is stored after the removal");
    },

    "keeps leases out of the way of values, whatever the key looks like": async (subject) => {
      const leases = subject.leases();
      const keys = ["a", "{a}", "a}", "{}a}", "}{", "{a", "a{b}c", "{{a}}", "a:lease", "{a}:lease", "é", ""];
      for (const key of keys) check((await leases.acquire(key, "me", long)).held, `the lease of ${key}`);
      for (const key of keys) await subject.holds(key, undefined, `the value under ${key}`);
      for (const key of keys) check(await subject.fill(leases, key, "me", `value of ${key}`), `${key} is filled`);
      for (const key of keys) await subject.holds(key, `value of ${key}`, `the value under ${key}`);
    },

    "is one and the same for several views": async (subject) => {
      if (subject.harness.another === undefined) return;
      await subject.withAnother(async (another) => {
        const [here, there] = [subject.leases(), another.leases()];
        await here.acquire("a", "me", long);
        check(!(await there.acquire("a", "you", long)).held, "a lease held here is held there");
        await there.remove("a");
        check(
          !(await subject.fill(here, "a", "me", "from before")),
          "a removal there keeps a load here from being stored",
        );
      });
    },
  },
  ({ backend }) => backend.holds === "bytes" && (backend as ByteBackend).leases !== undefined,
);
