/**
 * ioredis hangs the command with all its arguments on an error: cached values, passwords. Errors end up in events and
 * logs, where neither belongs.
 */
export function withoutCommand<T>(error: T): T {
  if (error instanceof Error && "command" in error) delete error.command;
  return error;
}
