/** Short names of long texts, and of sets of them. */
import { hash } from "node:crypto";

/** 128 bits, one in a character's eight. */
export const digestOf = (text: string | Uint8Array): string => hash("md5", text, "binary");

/** Of a set, whatever the order; what is put together with itself is taken out again. */
export function together(a: string, b: string): string {
  let sum = "";
  for (let at = 0; at < 16; at++) sum += String.fromCharCode(a.charCodeAt(at) ^ b.charCodeAt(at));
  return sum;
}

/** Of a set in which things may be more than once, whatever the order. */
export function withOneMore(a: string, b: string): string {
  let sum = "";
  for (let at = 0; at < 16; at++) sum += String.fromCharCode((a.charCodeAt(at) + b.charCodeAt(at)) % 256);
  return sum;
}
