import { describe, expect, test } from "vitest";
import { watchAttached, watchPresent } from "./attached.ts";
import { watchComputed } from "./computed.ts";
import { watchAddress } from "./watched-address.ts";
import { Watching } from "./watching.ts";

/** A watch that writes down what it is told. */
function noting(identity: readonly string[] = ["user", "cookies"]) {
  const told: string[] = [];
  const note = (kind: string) => (name?: string) => void told.push(name === undefined ? kind : `${kind} ${name}`);
  const watch = {
    identity,
    field: note("field"),
    fields: () => void told.push("fields"),
    cookie: note("cookie"),
    attached: note("attached"),
    address: () => void told.push("address"),
  };
  return { told, watch };
}

describe("what was attached", () => {
  const kinds: Record<string, () => { user?: unknown }> = {
    "a property": () => ({ user: "one" }),
    "none yet": () => ({}),
    "an accessor of its own": () => {
      let user: unknown = "one";
      return Object.defineProperty({}, "user", {
        get: () => user,
        set: (next) => {
          user = next;
        },
        configurable: true,
        enumerable: true,
      });
    },
    "an accessor of its prototype": () => {
      class Framework {
        #user: unknown = "one";
        get user(): unknown {
          return this.#user;
        }
        set user(next: unknown) {
          this.#user = next;
        }
      }
      return new Framework();
    },
    "a property of its prototype": () => Object.create({ user: "one" }),
  };

  test.each(Object.entries(kinds))("%s: is read as before, is told, and is what it was afterwards", (_, make) => {
    const plain = make();
    const target = make();
    const { told, watch } = noting();
    const own = Object.getOwnPropertyDescriptor(target, "user");
    const undo = watchAttached(target, watch);
    expect(target.user).toEqual(plain.user);
    expect(Object.keys(target)).toEqual(Object.keys(plain));
    expect(told).toEqual(["attached user"]);
    undo();
    expect([target.user, { ...target }]).toEqual([plain.user, { ...plain }]);
    if (own !== undefined) expect(Object.getOwnPropertyDescriptor(target, "user")).toEqual(own);
    target.user = "another";
    plain.user = "another";
    expect([target.user, { ...target }]).toEqual([plain.user, { ...plain }]);
    expect(told).toEqual(["attached user"]);
  });

  test.each([
    ["a value", { value: "one" }],
    ["an accessor", { get: () => "one" }],
  ])("%s that cannot be set is not set meanwhile either", (_, property) => {
    const target = Object.defineProperty({}, "user", { ...property, configurable: true });
    const own = Object.getOwnPropertyDescriptor(target, "user");
    const undo = watchAttached(target, noting().watch);
    Reflect.set(target, "user", "another");
    expect(Reflect.get(target, "user")).toBe("one");
    undo();
    expect(Object.getOwnPropertyDescriptor(target, "user")).toEqual(own);
  });

  test("what was set and what was there are told apart, name by name", () => {
    const target: Record<string, unknown> = { user: "one" };
    const { told, watch } = noting(["user", "session", "token"]);
    const undo = watchAttached(target, watch);
    target.session = "two";
    expect([target.user, target.session, target.token]).toEqual(["one", "two", undefined]);
    expect(told).toEqual(["attached user", "attached session", "attached token"]);
    undo();
    expect(target).toEqual({ user: "one", session: "two" });
    const again = watchAttached(target, watch);
    expect([target.user, target.session, target.token]).toEqual(["one", "two", undefined]);
    again();
    expect([{ ...target }, told.length]).toEqual([{ user: "one", session: "two" }, 6]);
  });

  test.each(Object.entries(kinds))("%s: what is set meanwhile stays set", (_, make) => {
    const plain = make();
    const target = make();
    const undo = watchAttached(target, noting().watch);
    target.user = "another";
    plain.user = "another";
    expect(target.user).toBe("another");
    undo();
    expect([target.user, { ...target }]).toEqual([plain.user, { ...plain }]);
  });

  test("what cannot be watched is left alone, and counts as read", () => {
    const closed = Object.defineProperty({}, "user", { value: "one", configurable: false });
    const ofOne = noting();
    watchAttached(closed, ofOne.watch)();
    expect([Reflect.get(closed, "user"), ofOne.told]).toEqual(["one", ["attached user"]]);
    const frozen = Object.freeze({ user: "one" });
    const ofAll = noting();
    watchAttached(frozen, ofAll.watch)();
    expect([frozen.user, ofAll.told.sort()]).toEqual(["one", ["attached cookies", "attached user"]]);
    watchPresent(Object.freeze({ title: "t" }), ofAll.watch)();
    watchAttached(frozen, noting([]).watch)();
    expect(ofAll.told).toHaveLength(2);
  });

  test("what is inherited is watched where only what is there is", () => {
    const target: { user?: string; token?: string } = Object.create({ user: "one" });
    const { told, watch } = noting(["user", "token"]);
    const undo = watchPresent(target, watch);
    expect([target.user, target.token, told]).toEqual(["one", undefined, ["attached user"]]);
    undo();
    expect([target.user, told.length]).toEqual(["one", 1]);
  });

  test("of an object and one that inherits from it, both may be watched", () => {
    const parent: { user?: string } = Object.create({ user: "one" });
    const child: { user?: string } = Object.create(parent);
    const [ofParent, ofChild] = [noting(), noting()];
    const undoParent = watchAttached(parent, ofParent.watch);
    const undoChild = watchAttached(child, ofChild.watch);
    expect([child.user, parent.user]).toEqual(["one", "one"]);
    expect([ofParent.told, ofChild.told]).toEqual([["attached user", "attached user"], ["attached user"]]);
    child.user = "two";
    expect([child.user, parent.user]).toEqual(["two", "one"]);
    undoParent();
    expect([child.user, parent.user]).toEqual(["two", "one"]);
    undoChild();
    expect([child.user, parent.user, { ...child }]).toEqual(["two", "one", { user: "two" }]);
    const heir: { user?: string } = Object.create(Object.create(parent));
    watchAttached(heir, ofChild.watch)();
    expect(heir.user).toBe("one");
  });

  test("what is hidden stays hidden when it is set", () => {
    const target = Object.defineProperty({}, "user", { value: "one", writable: true, configurable: true });
    const undo = watchAttached(target, noting().watch);
    Reflect.set(target, "user", "another");
    undo();
    expect([Reflect.get(target, "user"), Object.keys(target)]).toEqual(["another", []]);
  });

  test.each([
    ["the first", [0, 1, 2]],
    ["the last", [2, 1, 0]],
    ["the one between", [1, 0, 2]],
  ])("of several watches, %s ends first", (_, order) => {
    const target: Record<string, unknown> = {};
    const watches = [noting(["user"]), noting(["jwt"]), noting(["session"])];
    const undos = watches.map(({ watch }) => watchAttached(target, watch));
    const live = new Set([0, 1, 2]);
    for (const ended of order) {
      undos[ended]?.();
      live.delete(ended);
      for (const name of ["user", "jwt", "session"]) void target[name];
      for (const [index, { told }] of watches.entries()) expect(told.splice(0).length > 0).toBe(live.has(index));
    }
    target.jwt = "J";
    expect({ ...target }).toEqual({ jwt: "J" });
  });

  test("cookies are told by their names, all of them as the field", () => {
    const { told, watch } = noting();
    const target = { cookies: { theme: "dark", user: "7" } };
    watchAttached(target, watch);
    expect(target.cookies).toBe(target.cookies);
    expect([target.cookies.theme, Object.keys(target.cookies)]).toEqual(["dark", ["theme", "user"]]);
    expect(told).toEqual(["cookie theme", "field cookie"]);
  });
});

test("the address of a connection: told to all who watch it, and the same as before to all others", () => {
  class Socket {
    get remoteAddress(): string {
      return "127.0.0.1";
    }
  }
  const socket = Object.assign(new Socket(), { authorized: false });
  const [one, another] = [noting(), noting()];
  const undoOne = watchAddress(socket, one.watch);
  const undoAnother = watchAddress(socket, another.watch);
  expect([socket.remoteAddress, socket.authorized]).toEqual(["127.0.0.1", false]);
  undoOne();
  undoOne();
  expect(socket.remoteAddress).toBe("127.0.0.1");
  expect([one.told, another.told]).toEqual([
    ["address", "attached certificate"],
    ["address", "attached certificate", "address"],
  ]);
  undoAnother();
  const told = [one.told, another.told].flat().length;
  expect([socket.remoteAddress, socket.authorized, Object.keys(socket)]).toEqual(["127.0.0.1", false, ["authorized"]]);
  socket.authorized = true;
  expect(Object.getOwnPropertyDescriptor(socket, "authorized")).toEqual({
    value: true,
    writable: true,
    enumerable: true,
    configurable: true,
  });
  expect([one.told, another.told].flat()).toHaveLength(told);
});

test("what a framework computes is told by what it means, not by what it takes", () => {
  const { told, watch } = noting();
  const watching = new Watching(watch);
  class Framework {
    headers = {
      get host() {
        watching.field("x-forwarded-host");
        return "a";
      },
    };
    get hostname(): string {
      return this.headers.host;
    }
  }
  const target = new Framework();
  const undo = watchComputed(target, watching, ["hostname", "missing"], () => watching.field("host"));
  expect(target.hostname).toBe("a");
  expect(told).toEqual(["field host"]);
  undo();
  expect([target.hostname, Object.keys(target)]).toEqual(["a", ["headers"]]);
  expect(told).toEqual(["field host", "field x-forwarded-host"]);
});

test("a watch is silent for a while, also when what it is silent for throws", () => {
  const { told, watch } = noting();
  const watching = new Watching(watch);
  const read = () => {
    watching.field("a");
    watching.fields();
    watching.cookie("b");
    watching.attached("user");
    watching.address();
  };
  watching.silently(() => watching.silently(read));
  expect(() =>
    watching.silently(() => {
      throw new Error("as the test wants it");
    }),
  ).toThrow();
  expect(told).toEqual([]);
  read();
  expect(told).toEqual(["field a", "fields", "cookie b", "attached user", "address"]);
});
