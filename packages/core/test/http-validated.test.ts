import { describe, expect, test } from "vitest";
import type { Duration } from "../src/duration.ts";
import type { HeaderFields, MissTicket } from "../src/http/index.ts";
import { Site } from "./http-site.ts";

const body = new TextEncoder().encode("content");

/** A stored answer with these fields that is no longer fresh, and the ticket of the request that asks about it. */
async function asking(fields: HeaderFields, after: Duration = "61s"): Promise<{ site: Site; ticket: MissTicket }> {
  const site = new Site(() => ({ fields: [["ETag", '"a"'], ...fields], body }));
  await site.ask("/a");
  await site.clock.advance(after);
  const ticket = await site.begin("/a");
  if (ticket.state !== "miss") throw new Error(`${ticket.state} in place of a miss`);
  expect(ticket.ask).toEqual([["if-none-match", '"a"']]);
  return { site, ticket };
}

describe("an answer that the handler confirms with a 304", () => {
  test("is fresh again, although clients are told no-cache by default", async () => {
    const { site, ticket } = await asking([]);
    const { reply } = ticket.commit({ status: 304, fields: [["ETag", '"a"']] }, new Uint8Array(0));
    const hit = await site.ask("/a");
    expect(reply).toMatchObject({ status: 200, body: "content" });
    expect(hit.state).toBe("hit");
    for (const fields of [reply?.fields ?? [], hit.fields]) {
      expect(fields.filter(([name]) => name === "Cache-Control")).toEqual([["Cache-Control", "no-cache"]]);
    }
  });

  test("is not, if the 304 itself says no-cache", async () => {
    const { site, ticket } = await asking([]);
    const { reply } = ticket.commit({ status: 304, fields: [["Cache-Control", "no-cache"]] }, new Uint8Array(0));
    expect(reply).toMatchObject({ status: 200, body: "content" });
    expect((await site.begin("/a")).state).toBe("miss");
  });

  test("is not, if the handler said no-cache when it was stored", async () => {
    const { site, ticket } = await asking([["Cache-Control", "no-cache"]], "1s");
    const { reply } = ticket.commit({ status: 304, fields: [["ETag", '"a"']] }, new Uint8Array(0));
    expect(reply).toMatchObject({ status: 200, body: "content" });
    expect((await site.begin("/a")).state).toBe("miss");
  });
});
