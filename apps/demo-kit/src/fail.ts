/** Ends the process with what is wrong, for its user to read. */
export function fail(message: string): never {
  console.error(message);
  process.exit(1);
}
