import type {
  Acquired,
  AcquireOptions,
  Backend,
  BackendSetOptions,
  FillOptions,
  Leases,
  Mark,
  Reading,
  Receiver,
  Stamp,
  Versions,
} from "@cachette/core";
import {
  ReferenceBackend,
  ReferenceLeases,
  ReferenceLookUps,
  ReferenceVersions,
  type World,
  type WorldClock,
} from "./reference-backend.ts";

/** A wrong backend and the cases that have to find it out: these and no others. */
export interface PlantedFault {
  readonly fault: string;
  readonly make: (world: World, holds: Backend["holds"]) => Backend;
  readonly holds?: Backend["holds"];
  readonly found: readonly string[];
}

type Reference = typeof ReferenceBackend;

/** A fault in the backend itself: a class made from the right one. */
function inBackend(change: (right: Reference) => Reference): PlantedFault["make"] {
  const Wrong = change(ReferenceBackend);
  return (world, holds) => new Wrong(world, holds) as Backend;
}

/** A fault in the versions. */
function inVersions(change: (right: typeof ReferenceVersions) => typeof ReferenceVersions): PlantedFault["make"] {
  const Wrong = change(ReferenceVersions);
  return inBackend(
    (Right) =>
      class extends Right {
        override versions(scope: string): Versions {
          return new Wrong(this.world.clock(scope), this.holds === "objects");
        }
      },
  );
}

/** A fault in the leases. */
function inLeases(change: (right: typeof ReferenceLeases) => typeof ReferenceLeases): PlantedFault["make"] {
  const Wrong = change(ReferenceLeases);
  return inBackend(
    (Right) =>
      class extends Right {
        leases(_scope: string): Leases {
          return new Wrong(this.world);
        }
      },
  );
}

/** A right backend that has leases as well. */
export const withLeases = inLeases((Right) => Right);

/** A fault in look-ups along with the clock. */
function inLookUps(change: (right: typeof ReferenceLookUps) => typeof ReferenceLookUps): PlantedFault["make"] {
  const Wrong = change(ReferenceLookUps);
  return inBackend(
    (Right) =>
      class extends Right {
        override versions(scope: string): Versions {
          return new Wrong(this.world, scope);
        }
      },
  );
}

/** A right backend that looks up along with the clock. */
export const withLookUps = inLookUps((Right) => Right);

/** Keys changed on the way. */
function withKeys(change: (key: string) => string): PlantedFault["make"] {
  return inBackend(
    (Right) =>
      class extends Right {
        override get(key: string): Promise<object | undefined> {
          return super.get(change(key));
        }
        override set(key: string, value: object, options: BackendSetOptions): Promise<void> {
          return super.set(change(key), value, options);
        }
        override delete(key: string): Promise<boolean> {
          return super.delete(change(key));
        }
      },
  );
}

/** Values changed when they are set. */
function withValues(change: (value: Uint8Array) => object): PlantedFault["make"] {
  return inBackend(
    (Right) =>
      class extends Right {
        override async set(key: string, value: object): Promise<void> {
          this.world.values.set(key, change(value as Uint8Array));
        }
      },
  );
}

/** Values that are kept, or not, for the sake of their expiry. */
function withExpiry(keeps: (expiresAt: number, before: number | undefined) => boolean): PlantedFault["make"] {
  const expiries = new Map<string, number>();
  return inBackend(
    (Right) =>
      class extends Right {
        override async set(key: string, value: object, options: BackendSetOptions): Promise<void> {
          const keep = keeps(options.expiresAt, this.world.values.has(key) ? expiries.get(key) : undefined);
          expiries.set(key, options.expiresAt);
          if (keep) await super.set(key, value, options);
        }
      },
  );
}

/** Stamps changed when a label is invalidated. */
function withStamps(change: (stamp: Stamp, kind: "hard" | "soft", seq: number) => Stamp): PlantedFault["make"] {
  return inVersions(
    (Right) =>
      class extends Right {
        override stamped(stamp: Stamp, kind: "hard" | "soft", seq: number): Stamp {
          return change(stamp, kind, seq);
        }
      },
  );
}

/** Scopes changed on the way. */
function withScopes(change: (scope: string, world: World) => WorldClock): PlantedFault["make"] {
  return inBackend(
    (Right) =>
      class extends Right {
        override versions(scope: string): Versions {
          return new ReferenceVersions(change(scope, this.world), this.holds === "objects");
        }
      },
  );
}

const later = () => new Promise((resolve) => setTimeout(resolve, 0));

export const plantedFaults: readonly PlantedFault[] = [
  {
    fault: "has no name",
    make: inBackend(
      (Right) =>
        class extends Right {
          override readonly name = "";
        },
    ),
    found: ["says what it is"],
  },
  {
    fault: "gives null for what it does not have",
    make: inBackend(
      (Right) =>
        class extends Right {
          override async get(key: string): Promise<object | undefined> {
            return (await super.get(key)) ?? (null as unknown as undefined);
          }
        },
    ),
    found: [
      "gives undefined for what was never set",
      "removes a value and says so",
      "tells upper case from lower case",
      "takes separators, wildcards and control characters as they are",
      "takes names that every object has",
      "tells characters apart that look alike",
      "tells apart what is no proper text",
      "tells long keys apart to their last character",
      "shows at once what another has set or removed",
    ],
  },
  {
    fault: "gives each value only once",
    make: inBackend(
      (Right) =>
        class extends Right {
          override async get(key: string): Promise<object | undefined> {
            const value = await super.get(key);
            this.world.values.delete(key);
            return value;
          }
        },
    ),
    found: [
      "gives back what was set",
      "tells upper case from lower case",
      "takes separators, wildcards and control characters as they are",
      "takes names that every object has",
      "tells characters apart that look alike",
      "tells apart what is no proper text",
      "tells long keys apart to their last character",
      "shows at once what another has set or removed",
      "goes on when another view is closed",
      "shows a whole value, the old or the new one, while it is replaced",
    ],
  },
  {
    fault: "takes the parts of a key for those of another",
    make: inBackend(
      (Right) =>
        class extends Right {
          override find(head: string, tail: string): object | undefined {
            return super.find(head.replace(/:$/, ""), tail) ?? super.find(head, tail);
          }
        },
    ),
    found: ["finds by the parts of a key what is under the whole"],
  },
  {
    fault: "drops the oldest value when another is replaced",
    make: inBackend(
      (Right) =>
        class extends Right {
          override async set(key: string, value: object, options: BackendSetOptions): Promise<void> {
            const [oldest] = this.world.values.keys();
            if (this.world.values.has(key) && oldest !== undefined && oldest !== key) this.world.values.delete(oldest);
            await super.set(key, value, options);
          }
        },
    ),
    found: ["touches no other key", "forgets the expiry of the value before"],
  },
  {
    fault: "keeps the value that was there first",
    make: inBackend(
      (Right) =>
        class extends Right {
          override async set(key: string, value: object, options: BackendSetOptions): Promise<void> {
            if (!this.world.values.has(key)) await super.set(key, value, options);
          }
        },
    ),
    found: [
      "puts a new value in place of the old one",
      "keeps a value that expires in the far future",
      "never shows the old value once a new one was set, expired or not",
      "forgets the expiry of the value before",
      "shows at once what another has set or removed",
      "shows a whole value, the old or the new one, while it is replaced",
    ],
  },
  {
    fault: "says that something was removed in any case",
    make: inBackend(
      (Right) =>
        class extends Right {
          override async delete(key: string): Promise<boolean> {
            await super.delete(key);
            return true;
          }
        },
    ),
    found: ["says when there was nothing to remove"],
  },
  {
    fault: "removes everything that begins like the key",
    make: inBackend(
      (Right) =>
        class extends Right {
          override async delete(key: string): Promise<boolean> {
            const had = await super.delete(key);
            for (const other of [...this.world.values.keys()]) {
              if (key !== "" && other.startsWith(key)) this.world.values.delete(other);
            }
            return had;
          }
        },
    ),
    found: [
      "takes separators, wildcards and control characters as they are",
      "tells apart what is no proper text",
      "tells long keys apart to their last character",
    ],
  },
  {
    fault: "answers a ping with an error",
    make: inBackend(
      (Right) =>
        class extends Right {
          override async ping(): Promise<void> {
            throw new Error("no");
          }
        },
    ),
    found: ["answers when it is asked whether it is there"],
  },
  {
    fault: "lowers the case of keys",
    // Lower case by the rules of ASCII: other letters are another case.
    make: withKeys((key) => key.replace(/[A-Z]/g, (letter) => letter.toLowerCase())),
    found: ["tells upper case from lower case"],
  },
  {
    fault: "trims keys",
    make: withKeys((key) => key.replace(/^[ \t\r\n]+|[ \t\r\n]+$/g, "")),
    found: ["takes separators, wildcards and control characters as they are"],
  },
  {
    fault: "ends keys at a NUL",
    make: withKeys((key) => key.split("\0")[0] ?? ""),
    found: ["takes separators, wildcards and control characters as they are"],
  },
  {
    fault: "keeps values as properties of an object",
    make: inBackend(
      (Right) =>
        class extends Right {
          override async get(key: string): Promise<object | undefined> {
            return (await super.get(key)) ?? (Object.prototype as unknown as Record<string, object>)[key];
          }
        },
    ),
    found: ["takes names that every object has"],
  },
  {
    fault: "normalises keys",
    make: withKeys((key) => key.normalize("NFKC")),
    found: ["tells characters apart that look alike"],
  },
  {
    fault: "makes proper text of keys",
    make: withKeys((key) => new TextDecoder("utf-8", { ignoreBOM: true }).decode(new TextEncoder().encode(key))),
    found: ["tells apart what is no proper text"],
  },
  {
    fault: "cuts keys off at 1,024 characters",
    make: withKeys((key) => key.slice(0, 1_024)),
    found: ["tells long keys apart to their last character"],
  },
  {
    fault: "copies objects",
    holds: "objects",
    make: withValues((value) => structuredClone(value)),
    found: ["gives back the very object, untouched"],
  },
  {
    fault: "says of a value that it keeps it, and nothing more of it",
    holds: "objects",
    make: inBackend(
      (Right) =>
        class extends Right {
          override set(key: string, value: object, options: BackendSetOptions): Promise<void> {
            if ("keeper" in value) value.keeper = this;
            return super.set(key, value, options);
          }
        },
    ),
    found: ["says of what knows its place whether it is kept"],
  },
  {
    fault: "keeps bytes as text",
    holds: "bytes",
    make: withValues((value) => new TextEncoder().encode(new TextDecoder().decode(value))),
    found: ["keeps every octet"],
  },
  {
    fault: "takes a value of no bytes for none",
    holds: "bytes",
    make: inBackend(
      (Right) =>
        class extends Right {
          override async get(key: string): Promise<object | undefined> {
            const value = await super.get(key);
            return value instanceof Uint8Array && value.length === 0 ? undefined : value;
          }
        },
    ),
    found: ["keeps a value of no bytes"],
  },
  {
    fault: "keeps no more than 512 KiB",
    holds: "bytes",
    make: withValues((value) => value.slice(0, 512 * 1024)),
    found: ["keeps a mebibyte"],
  },
  {
    fault: "keeps the buffer behind a view",
    holds: "bytes",
    make: withValues((value) => new Uint8Array(value.buffer.slice(0))),
    found: ["keeps what a view shows, not what lies around it"],
  },
  {
    fault: "answers in one and the same buffer",
    holds: "bytes",
    make: inBackend((Right) => {
      const buffer = new Uint8Array(1024 * 1024);
      return class extends Right {
        override async get(key: string): Promise<object | undefined> {
          const value = await super.get(key);
          if (!(value instanceof Uint8Array) || value.length !== 100) return value;
          buffer.set(value);
          return buffer.subarray(0, value.length);
        }
      };
    }),
    found: ["does not change an answer afterwards"],
  },
  {
    fault: "answers with text instead of bytes",
    holds: "bytes",
    make: inBackend(
      (Right) =>
        class extends Right {
          override async get(key: string): Promise<object | undefined> {
            const value = await super.get(key);
            return value instanceof Uint8Array && value[0] === 48 ? Object("012") : value;
          }
        },
    ),
    found: ["gives back nothing but bytes"],
  },
  {
    fault: "drops what never expires",
    make: withExpiry((expiresAt) => expiresAt !== Number.POSITIVE_INFINITY),
    found: ["keeps a value that never expires", "forgets the expiry of the value before"],
  },
  {
    fault: "takes the time of expiry for seconds of another calendar",
    make: withExpiry((expiresAt) => expiresAt < 8e15 || expiresAt === Number.POSITIVE_INFINITY),
    found: ["keeps a value that expires in the far future"],
  },
  {
    fault: "takes only whole milliseconds",
    make: withExpiry((expiresAt) => expiresAt > 8e15 || Number.isInteger(expiresAt)),
    found: ["keeps a value until it expires", "never shows the old value once a new one was set, expired or not"],
  },
  {
    fault: "ignores what has expired already",
    make: withExpiry((expiresAt) => expiresAt > Date.now()),
    found: ["never shows the old value once a new one was set, expired or not"],
  },
  {
    fault: "keeps the expiry of the value before",
    make: inBackend(
      (Right) =>
        class extends Right {
          override async set(key: string, value: object, options: BackendSetOptions): Promise<void> {
            const fresh = !this.world.values.has(key);
            await super.set(key, value, options);
            const left = options.expiresAt - Date.now();
            if (fresh && left > 0 && left < 1_000) setTimeout(() => this.world.values.delete(key), left);
          }
        },
    ),
    found: ["forgets the expiry of the value before"],
  },
  {
    fault: "gives stamps for all labels it knows instead of those asked for",
    make: inVersions(
      (Right) =>
        class extends Right {
          override async read(labels: readonly string[]): Promise<Reading> {
            const reading = await super.read(labels);
            return labels.length === 0 ? { ...reading, stamps: [{ hard: 0, soft: 0 }] } : reading;
          }
        },
    ),
    found: ["gives a mark and a stamp for each label"],
  },
  {
    fault: "invalidates a label after it was read for the first time",
    make: inVersions(
      (Right) =>
        class extends Right {
          override async read(labels: readonly string[]): Promise<Reading> {
            const reading = await super.read(labels);
            const unknown = labels.filter((label) => !this.clock.stamps.has(label));
            if (unknown.length > 0) await super.advance(unknown, "hard");
            return reading;
          }
        },
    ),
    found: [
      "voids nothing as long as nothing was invalidated",
      "makes stale what was loaded before a soft invalidation",
      "remembers what it said of a label it had no record of",
      "keeps scopes apart",
      "keeps versions out of the way of values",
      "shows one and the same mark while nothing is invalidated, and a new one afterwards",
    ],
  },
  {
    fault: "voids what it has no record of, over and over",
    make: inVersions(
      (Right) =>
        class extends Right {
          override stamp(label: string): Stamp {
            const { seq } = this.clock.mark;
            return this.clock.stamps.get(label) ?? { hard: seq, soft: seq };
          }
        },
    ),
    found: [
      "makes stale what was loaded before a soft invalidation",
      "makes stale what was loaded before a label's first mention in a soft invalidation",
      "leaves other labels alone",
      "remembers what it said of a label it had no record of",
      "keeps versions out of the way of values",
      "shows at once what another has invalidated",
    ],
  },
  {
    fault: "does not advance",
    make: inVersions(
      (Right) =>
        class extends Right {
          override async advance(): Promise<void> {}
        },
    ),
    found: [
      "voids what was loaded before a hard invalidation",
      "makes stale what was loaded before a soft invalidation",
      "makes stale what was loaded before a label's first mention in a soft invalidation",
      "judges a label that only the result of a load knew",
      "advances by one and stamps with what it came to",
      "keeps hard and soft apart",
      "answers in the order of the labels, however often one is named",
      "stamps many labels at once",
      "takes labels as they are",
      "keeps scopes apart",
      "speaks of the same clock whenever a scope is named",
      "keeps versions out of the way of values",
      "shows one and the same mark while nothing is invalidated, and a new one afterwards",
      "shows at once what another has invalidated",
      "loses no invalidation when views invalidate at the same time",
      "counts every one of many invalidations at the same time",
    ],
  },
  {
    fault: "advances by two",
    make: inVersions(
      (Right) =>
        class extends Right {
          override async advance(labels: readonly string[], kind: "hard" | "soft"): Promise<void> {
            await super.advance([], kind);
            await super.advance(labels, kind);
          }
        },
    ),
    found: [
      "advances by one and stamps with what it came to",
      "keeps hard and soft apart",
      "stamps many labels at once",
      "takes labels as they are",
      "counts every one of many invalidations at the same time",
      "loses no invalidation when views invalidate at the same time",
    ],
  },
  {
    fault: "takes a soft invalidation for a hard one",
    make: withStamps((stamp, _kind, seq) => ({ hard: seq, soft: stamp.soft })),
    found: [
      "makes stale what was loaded before a soft invalidation",
      "makes stale what was loaded before a label's first mention in a soft invalidation",
      "keeps hard and soft apart",
      "keeps versions out of the way of values",
      "shows at once what another has invalidated",
    ],
  },
  {
    fault: "stamps both ways with a hard invalidation",
    make: withStamps((stamp, kind, seq) => ({ hard: kind === "hard" ? seq : stamp.hard, soft: seq })),
    found: ["keeps hard and soft apart"],
  },
  {
    fault: "lowers the hard stamp with a soft invalidation",
    make: withStamps((stamp, kind, seq) =>
      kind === "hard" ? { hard: seq, soft: stamp.soft } : { hard: 0, soft: seq },
    ),
    found: ["keeps hard and soft apart"],
  },
  {
    fault: "voids a label at its first soft invalidation",
    make: withStamps((stamp, kind, seq) =>
      kind === "hard" || stamp.hard + stamp.soft === 0
        ? { hard: seq, soft: stamp.soft }
        : { hard: stamp.hard, soft: seq },
    ),
    found: [
      "makes stale what was loaded before a soft invalidation",
      "makes stale what was loaded before a label's first mention in a soft invalidation",
      "keeps versions out of the way of values",
      "shows at once what another has invalidated",
    ],
  },
  {
    fault: "stamps one more than the clock shows",
    holds: "bytes",
    make: inVersions(
      (Right) =>
        class extends Right {
          override stamped(stamp: Stamp, kind: "hard" | "soft", seq: number): Stamp {
            return super.stamped(stamp, kind, seq + 1);
          }
        },
    ),
    found: [
      "leaves alone what is loaded after an invalidation",
      "judges a label that only the result of a load knew",
      "advances by one and stamps with what it came to",
      "takes a mark from another view for its own",
    ],
  },
  {
    fault: "invalidates labels that begin alike",
    make: inVersions(
      (Right) =>
        class extends Right {
          override stamp(label: string): Stamp {
            return label === "ab" ? super.stamp("a") : super.stamp(label);
          }
        },
    ),
    found: ["leaves other labels alone"],
  },
  {
    fault: "knows only labels that were read before",
    make: inVersions(
      (Right) =>
        class extends Right {
          override async advance(labels: readonly string[], kind: "hard" | "soft"): Promise<void> {
            await super.advance(
              labels.filter((label) => label !== "late" && label !== "never read"),
              kind,
            );
          }
        },
    ),
    found: [
      "makes stale what was loaded before a label's first mention in a soft invalidation",
      "judges a label that only the result of a load knew",
    ],
  },
  {
    fault: "answers in an order of its own",
    make: inVersions(
      (Right) =>
        class extends Right {
          override async read(labels: readonly string[]): Promise<Reading> {
            const sorted = labels.length < 4 ? [...labels].sort() : labels;
            return super.read(sorted);
          }
        },
    ),
    found: ["answers in the order of the labels, however often one is named"],
  },
  {
    fault: "stamps no more than 500 labels at once",
    make: inVersions(
      (Right) =>
        class extends Right {
          override advance(labels: readonly string[], kind: "hard" | "soft"): Promise<void> {
            return super.advance(labels.slice(0, 500), kind);
          }
        },
    ),
    found: ["stamps many labels at once"],
  },
  {
    fault: "takes a label apart at its colons",
    make: inVersions(
      (Right) =>
        class extends Right {
          override async advance(labels: readonly string[], kind: "hard" | "soft"): Promise<void> {
            await super.advance(
              labels.map((label) => label.replace("::", ":")),
              kind,
            );
          }
        },
    ),
    found: ["takes labels as they are"],
  },
  {
    fault: "takes scopes for one another",
    make: withScopes((scope, world) => world.clock(scope.replaceAll("}", ""))),
    found: ["keeps scopes apart"],
  },
  {
    fault: "begins a new clock whenever a scope is named",
    holds: "objects",
    make: withScopes((_scope, world) => world.clock(String(world.clocks.size))),
    found: ["speaks of the same clock whenever a scope is named"],
  },
  {
    fault: "keeps the clock among the values",
    make: inBackend(
      (Right) =>
        class extends Right {
          override delete(key: string): Promise<boolean> {
            if (key.startsWith("x:")) this.world.clock("x").stamps.clear();
            return super.delete(key);
          }
        },
    ),
    found: ["keeps versions out of the way of values"],
  },
  {
    fault: "shows a new mark each time",
    holds: "objects",
    make: inVersions(
      (Right) =>
        class extends Right {
          override get current(): Mark | undefined {
            return { ...this.clock.mark };
          }
        },
    ),
    found: ["shows one and the same mark while nothing is invalidated, and a new one afterwards"],
  },
  {
    fault: "changes the mark in place",
    holds: "objects",
    make: inVersions(
      (Right) =>
        class extends Right {
          override async advance(labels: readonly string[], kind: "hard" | "soft"): Promise<void> {
            const { mark } = this.clock;
            await super.advance(labels, kind);
            this.clock.mark = Object.assign(mark, this.clock.mark);
          }
          override async read(labels: readonly string[]): Promise<Reading> {
            const reading = await super.read(labels);
            return { ...reading, mark: { ...reading.mark } };
          }
        },
    ),
    found: ["shows one and the same mark while nothing is invalidated, and a new one afterwards"],
  },
  {
    fault: "keeps its values to itself",
    holds: "bytes",
    make: inBackend(
      (Right) =>
        class extends Right {
          readonly own = new Map<string, object>();
          override async get(key: string): Promise<object | undefined> {
            return this.own.get(key);
          }
          override async set(key: string, value: object): Promise<void> {
            this.own.set(key, (value as Uint8Array).slice());
          }
          override async delete(key: string): Promise<boolean> {
            return this.own.delete(key);
          }
        },
    ),
    found: ["shows at once what another has set or removed", "goes on when another view is closed"],
  },
  {
    fault: "keeps its clock to itself",
    holds: "bytes",
    make: inBackend(
      (Right) =>
        class extends Right {
          readonly clocks = new Map<string, WorldClock>();
          override versions(scope: string): Versions {
            const clock = this.clocks.get(scope) ?? { mark: { epoch: "own", seq: 0 }, stamps: new Map() };
            this.clocks.set(scope, clock);
            return new ReferenceVersions(clock, false);
          }
        },
    ),
    found: [
      "shows at once what another has invalidated",
      "takes a mark from another view for its own",
      "loses no invalidation when views invalidate at the same time",
    ],
  },
  {
    fault: "reads and writes the clock in two steps",
    make: inVersions(
      (Right) =>
        class extends Right {
          override async advance(labels: readonly string[], kind: "hard" | "soft"): Promise<void> {
            const { mark } = this.clock;
            await later();
            this.clock.mark = mark;
            await super.advance(labels, kind);
          }
        },
    ),
    found: [
      "counts every one of many invalidations at the same time",
      "loses no invalidation when views invalidate at the same time",
    ],
  },
  {
    fault: "takes a stamp away for a moment after it was set",
    make: inVersions(
      (Right) =>
        class extends Right {
          override async advance(labels: readonly string[], kind: "hard" | "soft"): Promise<void> {
            await super.advance(labels, kind);
            await later();
            const stamps = labels.map((label) => this.stamp(label));
            for (const label of labels) this.clock.stamps.delete(label);
            await later();
            for (const [index, label] of labels.entries()) {
              const now = this.stamp(label);
              const { hard, soft } = stamps[index] ?? now;
              this.clock.stamps.set(label, { hard: Math.max(hard, now.hard), soft: Math.max(soft, now.soft) });
            }
          }
        },
    ),
    found: ["never lets a stamp sink while it is invalidated"],
  },
  {
    fault: "writes large values in two pieces",
    make: inBackend(
      (Right) =>
        class extends Right {
          override async set(key: string, value: object, options: BackendSetOptions): Promise<void> {
            await super.set(key, half(value), options);
            await later();
            await super.set(key, value, options);
          }
        },
    ),
    found: ["shows a whole value, the old or the new one, while it is replaced"],
  },
  {
    fault: "gives the answer to one question to another",
    make: inBackend((Right) => {
      let asked = 0;
      return class extends Right {
        override async get(key: string): Promise<object | undefined> {
          asked++;
          await later();
          const mixed = asked > 100 && key.endsWith("0") ? `${key}0` : key;
          asked = Math.max(0, asked - 1);
          return super.get(mixed);
        }
      };
    }),
    found: ["does not mix up answers to many questions at once"],
  },
  {
    fault: "can be closed only once",
    make: inBackend(
      (Right) =>
        class extends Right {
          #closed = false;
          override async close(): Promise<void> {
            if (this.#closed) throw new Error("already closed");
            this.#closed = true;
          }
        },
    ),
    found: ["can be closed twice, also at the same time"],
  },
  {
    fault: "cannot be closed before it was used",
    make: inBackend(
      (Right) =>
        class extends Right {
          used = false;
          override versions(scope: string): Versions {
            this.used = true;
            return super.versions(scope);
          }
          override get(key: string): Promise<object | undefined> {
            this.used = true;
            return super.get(key);
          }
          override async close(): Promise<void> {
            if (!this.used) throw new Error("not connected");
          }
        },
    ),
    found: ["can be closed twice, also at the same time", "can be closed unused"],
  },
  {
    fault: "closes what others use",
    holds: "bytes",
    make: inBackend(
      (Right) =>
        class extends Right {
          override async close(): Promise<void> {
            this.world.values.clear();
          }
        },
    ),
    found: ["goes on when another view is closed"],
  },
  {
    fault: "tells nobody of a key without a value",
    holds: "bytes",
    make: inLookUps(
      (Right) =>
        class extends Right {
          override lookUp(key: string, receiver: Receiver<Uint8Array | undefined>): undefined {
            if (this.world.values.has(key)) super.lookUp(key, receiver);
          }
        },
    ),
    found: [
      "tells what is under a key, if anything",
      "tells everybody who asks at the same time of the key that was asked for",
      "knows afterwards what was invalidated before",
    ],
  },
  {
    fault: "mixes up keys that are looked up together",
    holds: "bytes",
    make: inLookUps(
      (Right) =>
        class extends Right {
          first: string | undefined;
          override lookUp(key: string, receiver: Receiver<Uint8Array | undefined>): undefined {
            this.first ??= key;
            const asked = this.first;
            super.lookUp(asked, receiver);
            queueMicrotask(() => {
              this.first = undefined;
            });
          }
        },
    ),
    found: ["tells everybody who asks at the same time of the key that was asked for"],
  },
  {
    fault: "tells who looks up twice",
    holds: "bytes",
    make: inLookUps(
      (Right) =>
        class extends Right {
          override lookUp(key: string, receiver: Receiver<Uint8Array | undefined>): undefined {
            super.lookUp(key, receiver);
            super.lookUp(key, receiver);
          }
        },
    ),
    found: ["tells each who asks once"],
  },
  {
    fault: "gives a promise as well when it looks up",
    holds: "bytes",
    make: inLookUps(
      (Right) =>
        class extends Right {
          override lookUp(key: string, receiver: Receiver<Uint8Array | undefined>): undefined {
            super.lookUp(key, receiver);
            return Promise.resolve() as unknown as undefined;
          }
        },
    ),
    found: [
      "tells what is under a key, if anything",
      "tells everybody who asks at the same time of the key that was asked for",
      "tells each who asks once",
      "knows afterwards what was invalidated before",
    ],
  },
  {
    fault: "looks at the clock only once",
    holds: "bytes",
    make: inLookUps(
      (Right) =>
        class extends Right {
          override look(): void {
            if (this.seen === undefined) super.look();
          }
        },
    ),
    found: ["knows afterwards what was invalidated before"],
  },
  {
    fault: "gives a lease to whoever asks",
    holds: "bytes",
    make: inLeases(
      (Right) =>
        class extends Right {
          override acquire(key: string, owner: string, options: AcquireOptions): Promise<Acquired> {
            return super.acquire(key, owner, { ...options, force: true });
          }
        },
    ),
    found: [
      "gives a lease to one owner at a time, each key its own",
      "gives it to one of many who ask at the same time",
      "extends it for its owner, and for nobody else",
      "releases it for its owner, and for nobody else",
      "fills a key for who has its lease, and ends it, or keeps it if asked",
      "is one and the same for several views",
    ],
  },
  {
    fault: "takes no lease by force",
    holds: "bytes",
    make: inLeases(
      (Right) =>
        class extends Right {
          override acquire(key: string, owner: string, options: AcquireOptions): Promise<Acquired> {
            return super.acquire(key, owner, { ...options, force: false });
          }
        },
    ),
    found: ["takes it from whoever has it, by force"],
  },
  {
    fault: "does not tell what is stored",
    holds: "bytes",
    make: inLeases(
      (Right) =>
        class extends Right {
          override async acquire(key: string, owner: string, options: AcquireOptions): Promise<Acquired> {
            const { held } = await super.acquire(key, owner, options);
            return held ? { held, value: undefined } : { held };
          }
        },
    ),
    found: ["tells who gets it what is stored"],
  },
  {
    fault: "keeps leases for ever",
    holds: "bytes",
    make: inLeases(
      (Right) =>
        class extends Right {
          override ownerOf(key: string): string | undefined {
            return this.world.leases.get(key)?.owner;
          }
        },
    ),
    found: ["ends it when its time is up"],
  },
  {
    fault: "does not extend leases",
    holds: "bytes",
    make: inLeases(
      (Right) =>
        class extends Right {
          override async extend(key: string, owner: string): Promise<boolean> {
            return this.ownerOf(key) === owner;
          }
        },
    ),
    found: ["extends it for its owner, and for nobody else"],
  },
  {
    fault: "releases the leases of others",
    holds: "bytes",
    make: inLeases(
      (Right) =>
        class extends Right {
          override async release(key: string): Promise<void> {
            this.world.leases.delete(key);
          }
        },
    ),
    found: ["releases it for its owner, and for nobody else"],
  },
  {
    fault: "stores whatever the lease says",
    holds: "bytes",
    make: inLeases(
      (Right) =>
        class extends Right {
          override async fill(key: string, value: Uint8Array, options: FillOptions): Promise<boolean> {
            await super.fill(key, value, options);
            this.world.values.set(key, value);
            return true;
          }
        },
    ),
    found: [
      "takes it from whoever has it, by force",
      "ends it when its time is up",
      "fills a key for who has its lease, and ends it, or keeps it if asked",
      "stores nothing that was loaded before a removal",
      "stores nothing that was loaded before a value was put by hand",
      "is one and the same for several views",
    ],
  },
  {
    fault: "ends each lease with its first fill",
    holds: "bytes",
    make: inLeases(
      (Right) =>
        class extends Right {
          override fill(key: string, value: Uint8Array, options: FillOptions): Promise<boolean> {
            return super.fill(key, value, { ...options, keep: false });
          }
        },
    ),
    found: ["fills a key for who has its lease, and ends it, or keeps it if asked"],
  },
  {
    fault: "keeps the lease when a key is removed or put",
    holds: "bytes",
    make: inLeases(
      (Right) =>
        class extends Right {
          override async remove(key: string): Promise<boolean> {
            return this.world.values.delete(key);
          }
          override async put(key: string, value: Uint8Array): Promise<void> {
            this.world.values.set(key, value);
          }
        },
    ),
    found: [
      "stores nothing that was loaded before a removal",
      "stores nothing that was loaded before a value was put by hand",
      "is one and the same for several views",
    ],
  },
  {
    fault: "keeps leases among the values",
    holds: "bytes",
    make: inLeases(
      (Right) =>
        class extends Right {
          override async acquire(key: string, owner: string, options: AcquireOptions): Promise<Acquired> {
            const acquired = await super.acquire(key, owner, options);
            this.world.values.set(`${key}:lease`, new TextEncoder().encode(owner));
            return acquired;
          }
        },
    ),
    found: ["keeps leases out of the way of values, whatever the key looks like"],
  },
];

/** The first half of a large value, followed by what was in its place before. */
function half(value: object): object {
  if (value instanceof Uint8Array) return value.length < 1_024 ? value : value.slice(0, value.length / 2);
  const { name } = value as { name?: unknown };
  return typeof name === "string" && name.length >= 1_024 ? { name: name.slice(0, name.length / 2) } : value;
}
