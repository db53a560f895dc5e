import { sha256Hex } from "./sha256.ts";

const longest = 240;
const headOfLonger = 180;

/**
 * A text as it is, or a readable head of it and its hash. What was cut is longer than what is left whole, so the two
 * forms never meet, and two different texts never give the same.
 */
export function bounded(text: string): string {
  return text.length > longest ? `${text.slice(0, headOfLonger)}#${sha256Hex(text)}` : text;
}
