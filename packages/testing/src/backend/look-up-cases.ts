import { judgeValidity, type Receiver, type Versions } from "@cachette/core";
import { check, equal, equalLists } from "../check.ts";
import { casesOf } from "./backend-case.ts";
import { markAfter, type Subject } from "./subject.ts";

export const lookUpCases = casesOf(
  "lookUps",
  {
    "tells what is under a key, if anything": async (subject) => {
      const versions = subject.versions();
      await subject.set("a", "value");
      equal(await lookUp(subject, versions, "a"), "value", "what is under the key");
      equal(await lookUp(subject, versions, "b"), undefined, "what is under a key without a value");
      await subject.delete("a");
      equal(await lookUp(subject, versions, "a"), undefined, "what is under the key after its removal");
    },

    "tells everybody who asks at the same time of the key that was asked for": async (subject) => {
      const versions = subject.versions();
      const keys = Array.from({ length: 300 }, (_, index) => `key ${index}`);
      for (const key of keys) if (!key.endsWith("7")) await subject.set(key, `value of ${key}`);
      const asked = [...keys, ...keys];
      equalLists(
        await Promise.all(asked.map((key) => lookUp(subject, versions, key))),
        asked.map((key) => (key.endsWith("7") ? undefined : `value of ${key}`)),
        "what was told",
      );
    },

    "tells each who asks once": async (subject) => {
      const versions = subject.versions();
      await subject.set("a", "value");
      let told = 0;
      const count = () => {
        told++;
      };
      for (let asked = 0; asked < 3; asked++) subject.lookUp(versions, "a", { arrived: count, failed: count });
      await lookUp(subject, versions, "a");
      await subject.wait(50);
      equal(told, 3, "how often three were told");
    },

    "knows afterwards what was invalidated before": async (subject) => {
      await subject.withAnother(async (another) => {
        const [here, there] = [subject.versions(), another.versions()];
        const mark = await markAfter(here, ["met before"]);
        await lookUp(subject, here, "a");
        for (const label of ["met before", "not met yet"]) {
          await there.advance([label], "hard");
          await lookUp(subject, here, "a");
          const reading = here.known?.([label]) ?? (await here.read([label]));
          equal(judgeValidity(mark, reading), "void", `what carries the label ${label}`);
        }
      });
    },
  },
  ({ backend, prefix = "", another }) =>
    backend.holds === "bytes" && another !== undefined && backend.versions(`${prefix}scope`).lookUp !== undefined,
);

/** The name of what is under a key. Rejects as the backend does, and when nothing was told within a few seconds. */
async function lookUp(subject: Subject, versions: Versions, key: string): Promise<string | undefined> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  try {
    return await new Promise((resolve, reject) => {
      timer = setTimeout(() => reject(new Error(`Nothing was told of the key ${key}`)), 2_000);
      const receiver: Receiver<Uint8Array | undefined> = {
        arrived: (value) => resolve(subject.nameOf(value)),
        failed: reject,
      };
      subject.lookUp(versions, key, receiver);
    });
  } finally {
    clearTimeout(timer);
    check(versions.known !== undefined, "who looks up along with the clock also says what is known");
  }
}
