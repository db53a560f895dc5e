import { CachetteError } from "../errors.ts";
import type { Coder } from "./coder.ts";

/** Made when bytes come for the first time: text needs no global of the platform. */
let decoder: InstanceType<typeof TextDecoder> | undefined;

/**
 * Plain JSON, for entries that others read too. What JSON cannot say is lost or changed, as `JSON.stringify` does it:
 * Dates become texts, Maps become `{}`, properties that are `undefined` vanish. Use {@link typedCoder} to get back what
 * was put in. Bytes are read as UTF-8 text.
 */
export const jsonCoder: Coder = {
  name: "json",

  /** @throws CachetteError `ENCODE_UNSUPPORTED` where JSON has no text at all: `undefined`, functions, bigints, cycles */
  encode(value) {
    let text: string | undefined;
    try {
      text = JSON.stringify(value);
    } catch (cause) {
      throw new CachetteError({
        code: "ENCODE_UNSUPPORTED",
        expected: "a value that JSON can say",
        received: value,
        cause,
      });
    }
    if (text !== undefined) return text;
    throw new CachetteError({ code: "ENCODE_UNSUPPORTED", expected: "a value that JSON can say", received: value });
  },

  /** @throws CachetteError `DECODE_FAILED` */
  decode(encoded) {
    try {
      if (typeof encoded === "string") return JSON.parse(encoded);
      decoder ??= new TextDecoder("utf-8", { fatal: true });
      return JSON.parse(decoder.decode(encoded));
    } catch {
      // The error of JSON.parse quotes the text, which is someone's data.
      throw new CachetteError({ code: "DECODE_FAILED", expected: "JSON" });
    }
  },
};
