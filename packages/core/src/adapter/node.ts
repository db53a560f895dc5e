interface NodeGlobals {
  readonly Buffer: {
    from(text: string, encoding?: string): Uint8Array;
    from(bytes: ArrayBufferLike, offset: number, length: number): Uint8Array;
    isEncoding(name: string): boolean;
  };
  setImmediate(task: () => void): void;
  readonly process?: { nextTick(task: () => void): void };
}

/**
 * What Node has beyond the Web, for requests and answers of Node's; elsewhere there is none of it. Taken now: tests that
 * put something of their own in its place must not stop refreshes.
 */
export const { Buffer, setImmediate, process } = globalThis as unknown as NodeGlobals;
