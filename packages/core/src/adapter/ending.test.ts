import { expect, test } from "vitest";
import type { Capture, MissTicket, StreamVerdict } from "../http/index.ts";
import { endingWith } from "./ending.ts";

const head = { status: 200, fields: [] };
const piece = new Uint8Array(1);

/** A ticket that notes what is called; `full`: its capture wants no more than one piece. */
function noting(capture: "wanted" | "full" | "none" = "wanted") {
  const calls: string[] = [];
  const note = (name: string) => () => void calls.push(name);
  const taken: Capture = {
    write: () => {
      calls.push("write");
      return capture !== "full";
    },
    end: note("end"),
    abort: note("abort"),
  };
  const verdict: StreamVerdict = {
    reply: undefined,
    set: [["A", "b"]],
    capture: capture === "none" ? undefined : taken,
  };
  const ticket = {
    state: "miss",
    ask: [["if-none-match", '"a"']],
    target: "/x",
    abandon: note("abandon"),
    giveWay: note("giveWay"),
    clientGone: note("clientGone"),
    commit: () => {
      calls.push("commit");
      return { reply: undefined, set: [], notModified: true, remove: [] };
    },
    stream: () => {
      calls.push("stream");
      return verdict;
    },
  } as unknown as MissTicket;
  return { calls, ticket: endingWith(ticket, note("over")), verdict };
}

test.each<[string, (ticket: MissTicket) => unknown]>([
  ["commit", (ticket) => ticket.commit(head, piece)],
  ["abandon", (ticket) => ticket.abandon()],
  ["giveWay", (ticket) => ticket.giveWay()],
])("%s ends it, once", (name, end) => {
  const { calls, ticket } = noting();
  end(ticket);
  expect(calls).toEqual([name, "over"]);
  ticket.abandon();
  expect(calls).toEqual([name, "over", "abandon"]);
});

test("a client that goes away does not", () => {
  const { calls, ticket } = noting();
  ticket.clientGone();
  expect(calls).toEqual(["clientGone"]);
});

test("what it asks, and its verdicts, are as they were", () => {
  const { ticket, verdict } = noting("none");
  expect(ticket).toMatchObject({ state: "miss", ask: [["if-none-match", '"a"']], target: "/x" });
  expect(ticket.commit(head, piece).notModified).toBe(true);
  expect(ticket.stream(head)).toEqual(verdict);
});

test("an answer in pieces ends it when nobody wants them", () => {
  const { calls, ticket } = noting("none");
  expect(ticket.stream(head).capture).toBeUndefined();
  expect(calls).toEqual(["stream", "over"]);
});

test.each<["wanted" | "full", "write" | "end" | "abort", boolean]>([
  ["wanted", "write", false],
  ["full", "write", true],
  ["wanted", "end", true],
  ["wanted", "abort", true],
])("an answer in pieces, %s, and then %s: over is %s", (wanted, call, over) => {
  const { calls, ticket } = noting(wanted);
  const { capture } = ticket.stream(head);
  if (call === "write") expect(capture?.write(piece)).toBe(!over);
  else capture?.[call]();
  expect(calls).toEqual(["stream", call, ...(over ? ["over"] : [])]);
  capture?.abort();
  expect(calls.filter((name) => name === "over")).toHaveLength(1);
});
