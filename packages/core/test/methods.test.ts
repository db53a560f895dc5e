import { describe, expect, test } from "vitest";
import { memoryBackend } from "../../backend-memory/src/index.ts";
import { cached, createCache, type FunctionCall } from "../src/index.ts";
import { rig } from "./kit.ts";

function keys(events: readonly { type: string; key?: string }[]): (string | undefined)[] {
  return events.filter(({ type }) => type === "store").map(({ key }) => key);
}

describe("a cached method", () => {
  test("is called once for its arguments, with its this", async () => {
    const { cache, events } = rig();
    class Catalogue {
      calls = 0;
      readonly #factor: number;
      constructor(factor: number) {
        this.#factor = factor;
      }
      @cached(cache, { ttl: "30s" })
      async times(n: number): Promise<number> {
        this.calls++;
        return n * this.#factor;
      }
    }
    const catalogue = new Catalogue(2);
    expect([await catalogue.times(21), await catalogue.times(21), catalogue.calls]).toEqual([42, 42, 1]);
    expect(await catalogue.times(4)).toBe(8);
    expect(keys(events)).toEqual(["cachette::Catalogue.times(21)", "cachette::Catalogue.times(4)"]);
    // What the instance holds is not part of the key.
    expect(await new Catalogue(100).times(21)).toBe(42);
  });

  test("of a class, and one that is private", async () => {
    const { cache, events } = rig();
    let calls = 0;
    class Rates {
      static base = 2;
      @cached(cache)
      static async of(currency: string): Promise<string> {
        calls++;
        // biome-ignore lint/complexity/noThisInStatic: it is what is tested
        return `${currency} ${this.base}`;
      }
      @cached(cache)
      async #hidden(): Promise<string> {
        return "hidden";
      }
      shown(): Promise<string> {
        return this.#hidden();
      }
    }
    expect([await Rates.of("EUR"), await Rates.of("EUR"), calls]).toEqual(["EUR 2", "EUR 2", 1]);
    expect(await new Rates().shown()).toBe("hidden");
    expect(keys(events)).toEqual(['cachette::Rates.of("EUR")', "cachette::Rates.#hidden()"]);
  });

  test("in a subclass has entries of its own", async () => {
    const { cache } = rig();
    class Shape {
      kind = "shape";
      @cached(cache)
      async name(): Promise<string> {
        return this.kind;
      }
      @cached(cache)
      static async title(): Promise<string> {
        // biome-ignore lint/complexity/noThisInStatic: it is what is tested
        return this.name;
      }
    }
    class Circle extends Shape {
      override kind = "circle";
    }
    expect([await new Shape().name(), await new Circle().name(), await new Shape().name()]).toEqual([
      "shape",
      "circle",
      "shape",
    ]);
    expect([await Shape.title(), await Circle.title()]).toEqual(["Shape", "Circle"]);
  });

  test("that overrides a cached one may call it", async () => {
    const { cache, events } = rig();
    class Base {
      @cached(cache)
      async name(): Promise<string> {
        return "base";
      }
      @cached(cache)
      static async title(): Promise<string> {
        return "Base";
      }
    }
    class Middle extends Base {
      @cached(cache)
      override async name(): Promise<string> {
        return `middle of ${await super.name()}`;
      }
      @cached(cache)
      static override async title(): Promise<string> {
        // biome-ignore lint/complexity/noThisInStatic: it is what is tested
        return `Middle of ${await super.title()}`;
      }
    }
    class Top extends Middle {
      @cached(cache)
      override async name(): Promise<string> {
        return `top of ${await super.name()}`;
      }
    }
    expect(await new Top().name()).toBe("top of middle of base");
    expect(await new Top().name()).toBe("top of middle of base");
    expect(await new Middle().name()).toBe("middle of base");
    expect(await Middle.title()).toBe("Middle of Base");
    expect(keys(events)).toEqual([
      "cachette::Top.Base.name()",
      "cachette::Top.Middle.name()",
      "cachette::Top.name()",
      "cachette::Middle.Base.name()",
      "cachette::Middle.name()",
      "cachette::Middle.Base.title()",
      "cachette::Middle.title()",
    ]);
  });

  test("takes key, tags and name", async () => {
    const { cache } = rig();
    class Users {
      static calls = 0;
      readonly tenant: string;
      constructor(tenant: string) {
        this.tenant = tenant;
      }
      @cached(cache, {
        name: "user",
        key: ({ name, arguments: [id] }: FunctionCall<[id: number]>) => `${name}/${id}`,
        tags: (result: { id: number }, id: number) => [`user:${result.id + id}`],
      })
      async get(id: number, _trace?: symbol): Promise<{ id: number; call: number }> {
        return { id, call: ++Users.calls };
      }
    }
    const users = new Users("a");
    expect(await users.get(1, Symbol("x"))).toEqual({ id: 1, call: 1 });
    expect(await users.get(1, Symbol("y"))).toEqual({ id: 1, call: 1 });
    expect(await cache.get("user/1")).toEqual({ id: 1, call: 1 });
    await cache.invalidateTags(["user:2"]);
    expect(await users.get(1)).toEqual({ id: 1, call: 2 });
  });

  test("with a name shares its entries with subclasses", async () => {
    const { cache } = rig();
    class Base {
      @cached(cache, { name: "answer" })
      async answer(): Promise<string> {
        return this.constructor.name;
      }
    }
    class Sub extends Base {}
    expect([await new Base().answer(), await new Sub().answer()]).toEqual(["Base", "Base"]);
  });

  test("under another decorator works as well", async () => {
    const { cache } = rig();
    const calls: string[] = [];
    const logged =
      (text: string) =>
      <This, Args extends unknown[], Result>(method: (this: This, ...args: Args) => Result) =>
        function (this: This, ...args: Args): Result {
          calls.push(text);
          return method.apply(this, args);
        };
    class Logged {
      runs = 0;
      @logged("outside")
      @cached(cache)
      @logged("inside")
      async run(): Promise<number> {
        return ++this.runs;
      }
    }
    const object = new Logged();
    expect([await object.run(), await object.run()]).toEqual([1, 1]);
    expect(calls).toEqual(["outside", "inside", "outside"]);
  });

  test("by symbol has its name in the key", async () => {
    const { cache, events } = rig();
    const method = Symbol("method");
    class Symbolic {
      @cached(cache)
      async [method](): Promise<number> {
        return 1;
      }
    }
    await new Symbolic()[method]();
    expect(keys(events)).toEqual(["cachette::Symbolic.Symbol%28method)()"]);
  });

  test("of another class with the same name is refused, and never mixed up", async () => {
    const { cache } = rig();
    const make = (answer: string) => {
      class Repository {
        @cached(cache)
        async find(): Promise<string> {
          return answer;
        }
      }
      return new Repository();
    };
    const [one, other] = [make("one"), make("other")];
    expect(await one.find()).toBe("one");
    await expect(other.find()).rejects.toMatchObject({ code: "OPTION_INVALID", option: "name" });
    expect(await one.find()).toBe("one");
  });

  test("of a class without a name rejects, and so does one that has lost its this", async () => {
    const { cache } = rig();
    const Nameless = class {
      @cached(cache)
      async find(): Promise<number> {
        return 1;
      }
    };
    Object.defineProperty(Nameless, "name", { value: "" });
    const missing = expect.objectContaining({ code: "NAME_MISSING" });
    await expect(new Nameless().find()).rejects.toEqual(missing);
    class Named {
      @cached(cache)
      async find(): Promise<number> {
        return 1;
      }
    }
    const { find } = new Named();
    await expect(find()).rejects.toEqual(missing);
  });

  test("with arguments that make no key rejects", async () => {
    const { cache } = rig();
    class Any {
      @cached(cache)
      async get(_value: unknown): Promise<number> {
        return 1;
      }
    }
    await expect(new Any().get(() => {})).rejects.toMatchObject({ code: "KEY_UNSUPPORTED" });
  });

  test("with wrong options is refused where the class is defined", () => {
    const { cache } = rig();
    const define = (options: object) => () => {
      class Wrong {
        @cached(cache, options)
        async get(): Promise<number> {
          return 1;
        }
      }
      return Wrong;
    };
    for (const options of [{ ttl: "soon" }, { tag: ["a"] }, { tags: "a" }, { name: 1 }, { shared: "yes" }]) {
      expect(define(options)).toThrow(expect.objectContaining({ code: "OPTION_INVALID" }));
    }
  });

  test("may be on a view of a namespace", async () => {
    const { cache } = rig();
    const view = cache.namespace("n");
    class Viewed {
      static runs = 0;
      @cached(view)
      async get(): Promise<number> {
        return ++Viewed.runs;
      }
    }
    expect([await new Viewed().get(), await new Viewed().get()]).toEqual([1, 1]);
    await view.clear();
    expect(await new Viewed().get()).toBe(2);
  });

  test("on two caches has its entries in both", async () => {
    const caches = [1, 2].map(() => createCache({ backend: memoryBackend({ maxEntries: 10 }) }));
    const define = (cache: (typeof caches)[number]) => {
      class Same {
        @cached(cache)
        async get(): Promise<number> {
          return caches.indexOf(cache);
        }
      }
      return new Same();
    };
    expect(await Promise.all(caches.map((cache) => define(cache).get()))).toEqual([0, 1]);
  });
});
