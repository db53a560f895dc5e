const platform = { Request, Response };

/** Puts the platform's own classes back: a server that was to put its own in their place has done so for good. */
export function putClassesBack(): void {
  for (const [name, value] of Object.entries(platform)) Object.defineProperty(globalThis, name, { value });
}
