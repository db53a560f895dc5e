import { digest } from "./digest.ts";
import { utf8 } from "./utf8.ts";

const longest = 240;
const headOfLonger = 180;

/**
 * A text as it is, or a readable head of it and its hash. What was cut is longer than what is left whole, so the two
 * forms never meet, and two different texts never give the same.
 */
export function bounded(text: string): string {
  return text.length > longest ? `${text.slice(0, headOfLonger)}#${digest(utf8(text), "hex")}` : text;
}
