/** Anything that was started and has to be stopped. */
interface Stoppable {
  stop(): Promise<void>;
}

/** Runs something with servers that it starts by `start`; whatever comes of it, they are stopped afterwards. */
export async function withServers<Result>(
  run: (start: <Server extends Stoppable>(starting: Promise<Server>) => Promise<Server>) => Promise<Result>,
): Promise<Result> {
  const started: Promise<Stoppable>[] = [];
  try {
    return await run((starting) => {
      started.push(starting);
      return starting;
    });
  } finally {
    const settled = await Promise.allSettled(started);
    await Promise.all(settled.map((server) => server.status === "fulfilled" && server.value.stop()));
  }
}
