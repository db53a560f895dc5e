/** What the functions under measurement give: small, so that what a cache does around it shows. */
export interface User {
  readonly id: number;
  readonly name: string;
  readonly roles: readonly string[];
}

export function makeUser(id: number): User {
  return { id, name: `user ${id}`, roles: ["reader", "writer"] };
}

/** Gives the user of a number, cached. */
export type GetUser = (id: number) => unknown;

/** Where the users come from when they are not in the cache. */
export type LoadUser = (id: number) => User | Promise<User>;
