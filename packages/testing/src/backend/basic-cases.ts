import { check, equal } from "../check.ts";
import { casesOf } from "./backend-case.ts";

export const basicCases = casesOf("basic", {
  "says what it is": async ({ backend, harness }) => {
    check(typeof backend.name === "string" && backend.name !== "", "the backend has a name");
    check(["objects", "bytes"].includes(harness.backend.holds), "it holds objects or bytes");
  },

  "gives undefined for what was never set": async (subject) => {
    await subject.holds("never", undefined, "a key never set");
  },

  "gives back what was set": async (subject) => {
    await subject.set("key", "value");
    await subject.holds("key", "value", "a key just set");
    await subject.holds("key", "value", "the same key, read again");
  },

  "puts a new value in place of the old one": async (subject) => {
    await subject.set("key", "old, and longer than the new one");
    await subject.set("key", "new");
    await subject.holds("key", "new", "a key set twice");
  },

  "removes a value and says so": async (subject) => {
    await subject.set("key", "value");
    equal(await subject.delete("key"), true, "delete of what is there");
    await subject.holds("key", undefined, "a key deleted");
  },

  "says when there was nothing to remove": async (subject) => {
    equal(await subject.delete("never"), false, "delete of what was never set");
  },

  "touches no other key": async (subject) => {
    await subject.set("one", "first");
    await subject.set("two", "second");
    await subject.set("two", "third");
    await subject.delete("two");
    await subject.holds("one", "first", "a key beside one that was set and deleted");
  },
});

export const pingCases = casesOf(
  "basic",
  {
    "answers when it is asked whether it is there": async ({ backend }) => {
      await backend.ping?.();
    },
  },
  ({ backend }) => backend.ping !== undefined,
);
