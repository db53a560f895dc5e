export interface LoadRequest {
  readonly target: string;
  /** Of what the client has already: the answer is then a 304. */
  readonly etag?: string | undefined;
}

/** What is asked of a server, over and over, and how it answers. */
export interface Load {
  readonly port: number;
  /** In turn, or each of its own. */
  readonly requests: readonly LoadRequest[] | (() => LoadRequest);
  readonly status: 200 | 304;
  /** Of each answer's body. */
  readonly bytes: number;
  readonly chunked: boolean;
}

/** How many connections are open at once, one request on each. */
export const connections = 32;

export interface LoadGenerator {
  readonly name: string;
  /**
   * Puts all the load on a server that it can.
   * @throws Error if an answer is not what it should be
   */
  run(load: Load, seconds: number): Promise<Answered>;
}

export interface Answered {
  readonly answers: number;
  readonly perSecond: number;
}
