import { describe, expect, test } from "vitest";
import { exchange, held, ownProperty, shadow } from "./shadow.ts";

class Framework {
  #title = "one";
  /** What it has no setter for. */
  get host(): string {
    return `${this.name}.example`;
  }
  get title(): string {
    return this.#title;
  }
  set title(title: string) {
    this.#title = title;
  }
  name = "a";
}

describe("a door that is left behind", () => {
  function left(name: keyof Framework): Framework {
    const target = new Framework();
    const undo = shadow(target, name, held("shown"));
    expect(target[name]).toBe("shown");
    undo();
    return target;
  }

  test("leads to what is inherited, for those who inherit as well", () => {
    const target = left("host");
    const heir = Object.create(target, { name: { value: "b" } });
    expect([target.host, heir.host, Object.keys(target)]).toEqual(["a.example", "b.example", ["name"]]);
    expect(ownProperty(target, "host")).toBeUndefined();
  });

  test("takes what is set as an object would that was never shadowed", () => {
    const plain = new Framework();
    const target = left("title");
    target.title = "another";
    expect([target.title, Object.keys(target)]).toEqual(["another", Object.keys(plain)]);
    const bare: { user?: string } = {};
    shadow(bare, "user", held("shown"))();
    bare.user = "one";
    expect({ ...bare }).toEqual({ user: "one" });
  });

  test("is used again", () => {
    const target = left("host");
    const door = Object.getOwnPropertyDescriptor(target, "host");
    const undo = shadow(target, "host", held("again"));
    expect(target.host).toBe("again");
    undo();
    expect([target.host, Object.getOwnPropertyDescriptor(target, "host")]).toEqual(["a.example", door]);
  });

  test("of two shadows, the second is taken away first", () => {
    const target = new Framework();
    const first = shadow(target, "name", held("first"));
    const second = shadow(target, "name", held("second"));
    expect(target.name).toBe("second");
    second();
    expect(target.name).toBe("first");
    first();
    expect(Object.getOwnPropertyDescriptors(target)).toMatchObject({ name: { value: "a", enumerable: true } });
  });
});

test.each<keyof Framework>(["name", "title", "host"])("%s: is exchanged for a while", (name) => {
  const target = new Framework();
  const before = target[name];
  const undo = exchange(target, name, "shown");
  expect(target[name]).toBe("shown");
  Reflect.set(target, name, "set meanwhile");
  expect(target[name]).toBe("set meanwhile");
  undo();
  expect([target[name], Object.keys(target)]).toEqual([before, ["name"]]);
});
