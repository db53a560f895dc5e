import type { CommandArgument } from "./client.ts";
import type { Connection } from "./connection.ts";

/** A Lua script, sent by its digest; its text follows only where a server does not know it. Texts come back as bytes. */
export class Script {
  readonly #text: string;
  #digest: Promise<string> | undefined;

  constructor(text: string) {
    this.#text = text;
  }

  async run(
    connection: Pick<Connection, "call">,
    keys: readonly (string | Buffer)[],
    values: readonly CommandArgument[],
  ): Promise<unknown> {
    this.#digest ??= digestOf(this.#text);
    const digest = await this.#digest;
    try {
      return await connection.call("evalsha", digest, keys.length, ...keys, ...values);
    } catch (error) {
      if (!(error instanceof Error && error.message.startsWith("NOSCRIPT"))) throw error;
      return connection.call("eval", this.#text, keys.length, ...keys, ...values);
    }
  }
}

/** The name that Redis gives to a script: its SHA-1, in hexadecimal. */
async function digestOf(text: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-1", new TextEncoder().encode(text));
  return Buffer.from(digest).toString("hex");
}
