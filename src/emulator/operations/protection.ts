/**
 * Original Image Protection (documents 1045/74740, 1045/73029), as a pure decision: what a GET of an image gets, by the
 * form of its URL and by whether it is signed. What is not documented is a switch.
 */
import { protectableSuffixes } from "../../cos/origin-protect.ts";
import type { Switches } from "../faults/switches.ts";
import { Refusal } from "../protocol/refusal.ts";

/** plain: the object's own URL; original: `?ci-process=originImage`; styled: with an image style; processed: `?imageMogr2/…`. */
export type UrlForm = "plain" | "original" | "styled" | "processed";

export type ProtectionVerdict = "object" | "original" | "stand-in" | "refuse-by-protection" | "refuse-anonymous";

export function suffixOf(key: string): string {
  const name = key.slice(key.lastIndexOf("/") + 1);
  const dot = name.lastIndexOf(".");
  return dot === -1 ? "" : name.slice(dot + 1);
}

/** Has its key a suffix that can be protected? */
export const isImage = (key: string): boolean =>
  (protectableSuffixes as readonly string[]).includes(suffixOf(key).toLowerCase());

export function isProtected(protect: readonly string[], key: string, caseSensitive: boolean): boolean {
  if (protect.length === 0) return false;
  const suffix = suffixOf(key);
  if (suffix === "") return false;
  return caseSensitive ? protect.includes(suffix) : protect.includes(suffix.toLowerCase());
}

/** A refusal that the image path explains by X-ErrNo (document 460/8523). */
export function imageRefusal(status: number, code: string, message: string, errNo: number): Refusal {
  return new Refusal({ status, code, message, headers: { "X-ErrNo": String(errNo) } });
}

/** The refusal of Original Image Protection, by its number and its words or by its words alone. */
export function protectedRefusal(switches: Switches): Refusal {
  const { protectionStatusFor154: status, protectionCode: code, protectionMessage: message } = switches;
  if (switches.protectionSendsErrNo) return imageRefusal(status, code, message, -154);
  return new Refusal({ status, code, message });
}

export function judgeGet(form: UrlForm, covered: boolean, signed: boolean, switches: Switches): ProtectionVerdict {
  switch (form) {
    case "original":
      return signed || switches.anonymousOriginImage === "allow" ? "original" : "refuse-anonymous";
    case "styled":
      return "stand-in";
    case "processed":
      return covered && switches.adHocProcessing === "refuse" ? "refuse-by-protection" : "stand-in";
    case "plain":
      if (!covered) return "object";
      return signed && switches.signedPlainGetOfProtected === "allow" ? "object" : "refuse-by-protection";
  }
}

/** Between a key and the name of an image style. */
const SEPARATORS = ["/", "!", "-", "_"];

/** Every way to read `key` as an image and a style of it: `picture.jpg/small`, `picture.jpg!small`. */
export function* styleReadings(key: string): Iterable<{ readonly image: string; readonly style: string }> {
  for (let at = key.length - 1; at > 0; at--) {
    if (SEPARATORS.includes(key[at]!)) yield { image: key.slice(0, at), style: key.slice(at + 1) };
    if (key[at] === ".") return;
  }
}
