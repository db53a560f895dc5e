import type { Backend } from "@cachette/core";

/** What the suite needs to try a backend. Made anew for every case, so that no case sees what another left. */
export interface BackendHarness {
  readonly backend: Backend;
  /**
   * Another backend on the same store, as another process would have it. Without it, the cases about several views are
   * left out: right only for a backend that cannot be shared. The suite closes what it gets.
   */
  another?(): Backend | Promise<Backend>;
  /** Put before every key and scope, so that a server shared with others can be used. Empty by default. */
  readonly prefix?: string;
  /** The clock by which the backend judges expiry, such as a manual one. That of the machine by default. */
  readonly clock?: {
    now(): number;
    /** Comes back after so many milliseconds. */
    advance(milliseconds: number): Promise<unknown>;
  };
  /** Closes the backend and removes what the case has left. */
  dispose(): void | Promise<void>;
}

export type MakeBackendHarness = () => BackendHarness | Promise<BackendHarness>;
