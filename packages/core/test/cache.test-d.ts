import { describe, expectTypeOf, test } from "vitest";
import type { Backend, Cache, CacheOptions, CacheScope, Coder, FunctionCall, Wrapped } from "../src/index.ts";
import { cached, composeKeyBuilders, createCache, joinKey, jsonCoder, typedCoder } from "../src/index.ts";

declare const backend: Backend;
declare const cache: Cache;

interface User {
  id: number;
  name: string;
}

describe("createCache", () => {
  test("takes right options", () => {
    expectTypeOf(createCache).toBeCallableWith({ backend });
    expectTypeOf(createCache).toBeCallableWith({
      backend,
      prefix: "shop",
      ttl: "1.5h",
      coder: jsonCoder,
      shared: true,
      keyBuilder: ({ name, arguments: args }, tail) => joinKey(tail(), name, args.length),
      enabled: () => true,
      deadline: 100,
      breaker: { threshold: 3, pause: "2s" },
      patience: Number.POSITIVE_INFINITY,
      onEvent: ({ type }) => console.log(type),
    });
    expectTypeOf(createCache({ backend })).toEqualTypeOf<Cache>();
  });

  test("refuses wrong ones", () => {
    // @ts-expect-error no backend
    createCache({});
    // @ts-expect-error no options
    createCache();
    // @ts-expect-error misspelt
    createCache({ backend, tll: "1m" });
    // @ts-expect-error no duration
    createCache({ backend, ttl: "soon" });
    // @ts-expect-error no unit
    createCache({ backend, ttl: "10" });
    // @ts-expect-error not true or false
    createCache({ backend, shared: "yes" });
    // @ts-expect-error no coder
    createCache({ backend, coder: { encode: () => 1, decode: () => 1 } });
    // @ts-expect-error may not take its time
    createCache({ backend, keyBuilder: async () => "key" });
    // @ts-expect-error a misspelt part
    createCache({ backend, breaker: { treshold: 1 } });
    // @ts-expect-error no listener
    createCache({ backend, onEvent: (event: number) => event });
  });

  test("options are read-only, and none is any", () => {
    expectTypeOf<CacheOptions["coder"]>().toEqualTypeOf<Coder | undefined>();
    expectTypeOf<CacheOptions>().not.toBeAny();
  });
});

describe("values", () => {
  test("getOrSet gives what the load gives", () => {
    expectTypeOf(cache.getOrSet("a", () => 1)).toEqualTypeOf<Promise<number>>();
    expectTypeOf(cache.getOrSet("a", async () => ({ at: new Date() }))).toEqualTypeOf<Promise<{ at: Date }>>();
    expectTypeOf(cache.getOrSet("a", async () => null)).toEqualTypeOf<Promise<null>>();
    expectTypeOf(cache.getOrSet("a", (): User | undefined => undefined)).toEqualTypeOf<Promise<User | undefined>>();
  });

  test("tags get what the load gives", () => {
    cache.getOrSet("a", async (): Promise<User> => ({ id: 1, name: "a" }), {
      tags: (user) => {
        expectTypeOf(user).toEqualTypeOf<User>();
        return [`user:${user.id}`];
      },
    });
    cache.getOrSet("a", () => 1, { tags: ["a"], ttl: "1m", namespace: "n", shared: true, coder: typedCoder });
    // @ts-expect-error tags are texts
    cache.getOrSet("a", () => 1, { tags: () => [1] });
    // @ts-expect-error tags are a list
    cache.getOrSet("a", () => 1, { tags: "a" });
    // @ts-expect-error nobody waits for tags
    cache.getOrSet("a", () => 1, { tags: async () => ["a"] });
  });

  test("get knows nothing of what is there, unless it is told", () => {
    expectTypeOf(cache.get("a")).toEqualTypeOf<Promise<unknown>>();
    expectTypeOf(cache.get<User>("a")).toEqualTypeOf<Promise<User | undefined>>();
    // @ts-expect-error nothing is stored
    cache.get("a", { ttl: "1m" });
    // @ts-expect-error a key is a text
    cache.get(1);
  });

  test("set, delete, clear and invalidateTags take what they know", () => {
    expectTypeOf(cache.set("a", 1, { ttl: 0, tags: ["a"] })).toEqualTypeOf<Promise<boolean>>();
    expectTypeOf(cache.delete("a", { namespace: "n" })).toEqualTypeOf<Promise<boolean>>();
    expectTypeOf(cache.clear({ namespace: "n", soft: true })).toEqualTypeOf<Promise<void>>();
    expectTypeOf(cache.invalidateTags(["a"], { soft: true })).toEqualTypeOf<Promise<void>>();
    // @ts-expect-error tags of a value set by hand are a list
    cache.set("a", 1, { tags: () => ["a"] });
    // @ts-expect-error a namespace is a text
    cache.clear({ namespace: 1 });
    // @ts-expect-error misspelt
    cache.clear({ namespaces: "n" });
    // @ts-expect-error a list
    cache.invalidateTags("a");
    // @ts-expect-error keys are deleted for good
    cache.delete("a", { soft: true });
  });

  test("a view has all but what concerns the whole cache", () => {
    const view = cache.namespace("n");
    expectTypeOf(view).toEqualTypeOf<CacheScope>();
    expectTypeOf<Cache>().toExtend<CacheScope>();
    // @ts-expect-error the cache is closed, not a view
    view.close();
  });
});

describe("wrap", () => {
  const fetchUser = async (_id: number, _locale?: string): Promise<User> => ({ id: 1, name: "a" });

  test("keeps the parameters, and gives a promise of the result", () => {
    const getUser = cache.wrap(fetchUser, { ttl: "5m" });
    expectTypeOf(getUser).toBeCallableWith(1);
    expectTypeOf(getUser).toBeCallableWith(1, "de");
    expectTypeOf(getUser(1)).toEqualTypeOf<Promise<User>>();
    expectTypeOf(getUser.refresh).parameters.toEqualTypeOf<Parameters<typeof fetchUser>>();
    expectTypeOf(getUser.refresh(1)).toEqualTypeOf<Promise<User>>();
    expectTypeOf(getUser.invalidate(1, "de")).toEqualTypeOf<Promise<boolean>>();
    expectTypeOf(getUser.keyFor(1)).toEqualTypeOf<string>();
    expectTypeOf(getUser).toExtend<(id: number) => Promise<User>>();
    // @ts-expect-error not a text
    getUser("1");
    // @ts-expect-error too few
    getUser();
    // @ts-expect-error too many
    getUser(1, "de", 2);
    // @ts-expect-error not a text
    getUser.keyFor("1");
  });

  test("keeps type parameters", () => {
    const first = cache.wrap(async function first<Item>(items: readonly Item[]): Promise<Item | undefined> {
      return items[0];
    });
    expectTypeOf(first([1, 2])).toEqualTypeOf<Promise<number | undefined>>();
    expectTypeOf(first(["a"])).toEqualTypeOf<Promise<string | undefined>>();
  });

  test("of a function that gives a promise of its own kind gives a plain one", () => {
    interface Query extends Promise<User[]> {
      cancel(): void;
    }
    const query = cache.wrap((_text: string) => ({}) as Query, { name: "query" });
    expectTypeOf(query("a")).toEqualTypeOf<Promise<User[]>>();
  });

  test("of a function that sometimes gives a promise always gives one", () => {
    const sometimes = cache.wrap((n: number): number | Promise<number> => n, { name: "sometimes" });
    expectTypeOf(sometimes(1)).toEqualTypeOf<Promise<number>>();
  });

  test("of a function that answers at once gives a promise", () => {
    expectTypeOf(cache.wrap((n: number) => n * 2, { name: "double" })(1)).toEqualTypeOf<Promise<number>>();
  });

  test("gives its callbacks the function's own types", () => {
    cache.wrap(fetchUser, {
      tags(user, id, locale) {
        expectTypeOf(user).toEqualTypeOf<User>();
        expectTypeOf(id).toEqualTypeOf<number>();
        expectTypeOf(locale).toEqualTypeOf<string | undefined>();
        return [];
      },
      key(call, tail) {
        expectTypeOf(call.arguments[0]).toEqualTypeOf<number>();
        expectTypeOf(call.arguments[1]).toEqualTypeOf<string | undefined>();
        expectTypeOf(tail()).toEqualTypeOf<string>();
        return joinKey(tail(), call.arguments[1] ?? "en");
      },
    });
  });

  test("keyFor is a promise where the key takes its time", () => {
    const later = cache.wrap(fetchUser, { key: async ({ arguments: [id] }) => String(id) });
    expectTypeOf(later.keyFor(1)).toEqualTypeOf<Promise<string>>();
    expectTypeOf(later).toEqualTypeOf<Wrapped<typeof fetchUser, Promise<string>>>();
    const composed = cache.wrap(fetchUser, { key: composeKeyBuilders<FunctionCall>(() => "a") });
    expectTypeOf(composed.keyFor(1)).toEqualTypeOf<string | Promise<string>>();
  });

  test("keeps this", () => {
    const object = {
      factor: 2,
      times: cache.wrap(
        async function (this: { factor: number }, n: number) {
          return this.factor * n;
        },
        { name: "times" },
      ),
    };
    expectTypeOf(object.times(1)).toEqualTypeOf<Promise<number>>();
    const { times } = object;
    // @ts-expect-error without what it is called on
    times(1);
  });

  test("refuses wrong options", () => {
    // @ts-expect-error a key is a text
    cache.wrap(fetchUser, { key: () => 1 });
    // @ts-expect-error tags are texts
    cache.wrap(fetchUser, { tags: () => [1] });
    // @ts-expect-error no duration
    cache.wrap(fetchUser, { ttl: "1 minute" });
    // @ts-expect-error misspelt
    cache.wrap(fetchUser, { nam: "user" });
    // @ts-expect-error no function
    cache.wrap("user");
    // @ts-expect-error the result has no such property
    cache.wrap(fetchUser, { tags: (user) => [user.email] });
  });
});

describe("@cached", () => {
  test("keeps the types of methods", () => {
    class Catalogue {
      @cached(cache, { ttl: "30s" })
      async search(query: string, _limit?: number): Promise<number[]> {
        return [query.length];
      }
      @cached(cache)
      static async find<Id extends string>(id: Id): Promise<{ id: Id }> {
        return { id };
      }
      @cached(cache, {
        tags: (user: User, id: number) => [`${user.id + id}`],
        key: ({ arguments: [id] }: FunctionCall<[id: number]>) => `${id}`,
      })
      async user(id: number, _trace?: symbol): Promise<User> {
        return { id, name: "a" };
      }
    }
    expectTypeOf<Catalogue["search"]>().toEqualTypeOf<(query: string, limit?: number) => Promise<number[]>>();
    expectTypeOf(Catalogue.find("a")).toEqualTypeOf<Promise<{ id: "a" }>>();
    expectTypeOf<Catalogue["user"]>().parameter(0).toEqualTypeOf<number>();
  });

  test("refuses methods that are not asynchronous, and other things", () => {
    class Wrong {
      // @ts-expect-error a hit is a promise
      @cached(cache)
      atOnce(): number {
        return 1;
      }
      // @ts-expect-error no method
      @cached(cache)
      property = async () => 1;
      // @ts-expect-error no method
      @cached(cache)
      get accessor(): Promise<number> {
        return Promise.resolve(1);
      }
    }
    expectTypeOf<Wrong>().not.toBeAny();
  });

  test("refuses callbacks that do not fit, and wrong options", () => {
    class Wrong {
      // @ts-expect-error the result is no user
      @cached(cache, { tags: (user: User) => [user.name] })
      async result(): Promise<number> {
        return 1;
      }
      // @ts-expect-error the argument is no number
      @cached(cache, { key: ({ arguments: [id] }: FunctionCall<[id: number]>) => `${id}` })
      async argument(id: string): Promise<string> {
        return id;
      }
      // @ts-expect-error no duration
      @cached(cache, { ttl: "soon" })
      async ttl(): Promise<number> {
        return 1;
      }
      // @ts-expect-error misspelt
      @cached(cache, { tag: ["a"] })
      async misspelt(): Promise<number> {
        return 1;
      }
    }
    expectTypeOf<Wrong>().not.toBeAny();
  });
});
