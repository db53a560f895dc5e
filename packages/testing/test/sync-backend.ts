import type { Mark, ObjectBackend, Reading, Stamp, Versions } from "@cachette/core";

/** A right backend in this process that answers everything at once; one clock for all scopes. */
export class SyncBackend implements ObjectBackend {
  readonly name = "sync";
  readonly holds = "objects";
  readonly #values = new Map<string, object>();
  readonly #versions = new SyncVersions();

  get(key: string): object | undefined {
    return this.#values.get(key);
  }

  set(key: string, value: object): void {
    this.#values.set(key, value);
  }

  delete(key: string): boolean {
    return this.#values.delete(key);
  }

  versions(): Versions {
    return this.#versions;
  }

  close(): void {}
}

class SyncVersions implements Versions {
  readonly #stamps = new Map<string, Stamp>();
  current: Mark = { epoch: "sync", seq: 0 };

  read(labels: readonly string[]): Reading {
    return { mark: this.current, stamps: labels.map((label) => this.#stamp(label)) };
  }

  advance(labels: readonly string[], kind: "hard" | "soft"): void {
    this.current = { epoch: "sync", seq: this.current.seq + 1 };
    for (const label of labels) this.#stamps.set(label, { ...this.#stamp(label), [kind]: this.current.seq });
  }

  #stamp(label: string): Stamp {
    return this.#stamps.get(label) ?? { hard: 0, soft: 0 };
  }
}
