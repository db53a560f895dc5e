import { describe, expectTypeOf, test } from "vitest";
import type {
  Backend,
  Cache,
  CacheOptions,
  CacheScope,
  Coder,
  FunctionCall,
  LoadContext,
  LoadManyContext,
  Receiver,
  Versions,
  Wrapped,
} from "../src/index.ts";
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
      staleWhileRevalidate: "1h",
      staleIfError: "1d",
      jitter: 0.1,
      earlyRefresh: { beta: 2 },
      timeout: { soft: 100, hard: "5s" },
      errorTtl: "2s",
      random: Math.random,
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
    // @ts-expect-error no share
    createCache({ backend, jitter: "10%" });
    // @ts-expect-error no limits
    createCache({ backend, timeout: "5s" });
    // @ts-expect-error a misspelt limit
    createCache({ backend, timeout: { sotf: 1 } });
    // @ts-expect-error neither true, false nor how early
    createCache({ backend, earlyRefresh: 2 });
    // @ts-expect-error nothing is loaded yet that could say so
    createCache({ backend, ttl: () => "1m" });
    // @ts-expect-error that is a matter of each use
    createCache({ backend, storeIf: () => true });
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

  test("a load is handed a context, and what it gives is known all the same", () => {
    const value = cache.getOrSet("a", async (context) => {
      expectTypeOf(context).toEqualTypeOf<LoadContext>();
      expectTypeOf(context.signal).toEqualTypeOf<AbortSignal>();
      expectTypeOf(context.key).toEqualTypeOf<string>();
      expectTypeOf(context.previous()).toEqualTypeOf<unknown>();
      expectTypeOf(context.previous<User>()).toEqualTypeOf<User | undefined>();
      context.ttl = "1m";
      context.tags = [...context.tags, "a"];
      context.skip();
      return { id: 1 };
    });
    expectTypeOf(value).toEqualTypeOf<Promise<{ id: number }>>();
    // @ts-expect-error no duration
    cache.getOrSet("a", (context) => (context.ttl = "soon"));
    // @ts-expect-error no list
    cache.getOrSet("a", (context) => (context.tags = "a"));
    // @ts-expect-error not to be changed
    cache.getOrSet("a", (context) => (context.key = "b"));
  });

  test("ttl and storeIf get what the load gives", () => {
    const options = { staleWhileRevalidate: "1h", staleIfError: "1d", jitter: 0.1, errorTtl: "1s" } as const;
    cache.getOrSet("a", async (): Promise<User> => ({ id: 1, name: "a" }), {
      ...options,
      earlyRefresh: true,
      timeout: { hard: "5s" },
      signal: new AbortController().signal,
      ttl: (user) => {
        expectTypeOf(user).toEqualTypeOf<User>();
        return "1m";
      },
      storeIf: (user) => user.id > 0,
    });
    // @ts-expect-error no duration
    cache.getOrSet("a", () => 1, { ttl: () => "soon" });
    // @ts-expect-error nobody waits for it
    cache.getOrSet("a", () => 1, { storeIf: async () => true });
    // @ts-expect-error no signal
    cache.getOrSet("a", () => 1, { signal: new AbortController() });
    // @ts-expect-error no share
    cache.getOrSet("a", () => 1, { jitter: true });
  });

  test("many values, in the order of their keys", () => {
    expectTypeOf(cache.getMany(["a"])).toEqualTypeOf<Promise<unknown[]>>();
    expectTypeOf(cache.getMany<User>(["a"])).toEqualTypeOf<Promise<(User | undefined)[]>>();
    const users = cache.getOrSetMany(
      ["1", "2"],
      async (keys, context) => {
        expectTypeOf(keys).toEqualTypeOf<readonly string[]>();
        expectTypeOf(context).toEqualTypeOf<LoadManyContext>();
        return new Map(keys.map((key) => [key, { id: Number(key), name: key }]));
      },
      {
        tags: (user, key) => {
          expectTypeOf(user).toEqualTypeOf<User>();
          return [user.name, key];
        },
        ttl: (user) => user.id,
        storeIf: (user, key) => user.name === key,
      },
    );
    expectTypeOf(users).toEqualTypeOf<Promise<(User | undefined)[]>>();
    const pairs = cache.getOrSetMany(["a"], (keys) => keys.map((key) => [key, key.length] as const));
    expectTypeOf(pairs).toEqualTypeOf<Promise<(number | undefined)[]>>();
    // @ts-expect-error values without their keys
    cache.getOrSetMany(["a"], async (keys) => keys.map((key) => key.length));
    // @ts-expect-error a list of keys
    cache.getOrSetMany("a", () => new Map<string, number>());
    // @ts-expect-error there is not one key
    cache.getOrSetMany(["a"], (_keys, context) => new Map([[context.key, 1]]));
    // @ts-expect-error nothing is stored
    cache.getMany(["a"], { ttl: "1m" });
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
    cache.set("a", 1, { staleWhileRevalidate: "1h", staleIfError: "1d", jitter: 0.1 });
    // @ts-expect-error nothing is loaded
    cache.set("a", 1, { earlyRefresh: true });
    // @ts-expect-error there is no result to ask
    cache.set("a", 1, { ttl: () => "1m" });
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
      ttl: (user, id) => {
        expectTypeOf(user).toEqualTypeOf<User>();
        expectTypeOf(id).toEqualTypeOf<number>();
        return "1m";
      },
      storeIf: (user, id, locale) => user.id === id && locale !== "xx",
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
    // @ts-expect-error no duration
    cache.wrap(fetchUser, { ttl: () => 1n });
    // @ts-expect-error the result has no such property
    cache.wrap(fetchUser, { storeIf: (user) => user.active });
    // @ts-expect-error a signal belongs to a call
    cache.wrap(fetchUser, { signal: new AbortController().signal });
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
        ttl: (user: User) => user.id,
        storeIf: (user: User, id: number) => user.id === id,
        staleIfError: "1d",
        earlyRefresh: true,
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

test("a look-up of a backend tells its receiver, and gives no promise", () => {
  type Told = Receiver<Uint8Array | undefined>;
  type LookUp = NonNullable<Versions["lookUp"]>;
  expectTypeOf<(key: string, receiver: Told) => undefined>().toExtend<LookUp>();
  expectTypeOf<(key: string) => Promise<Uint8Array | undefined>>().not.toExtend<LookUp>();
  expectTypeOf<(key: string, receiver: Told) => Promise<void>>().not.toExtend<LookUp>();
});
