/** What is said where credentials can't be found. */
import { UserError } from "../../vocabulary/errors.ts";

/** Whose requests are signed. */
export type Signed = "COS" | "AWS";

/** @param why goes on behind a colon, and says what to do; without any secret */
export const missing = (of: Signed, why: string, cause?: unknown): UserError =>
  new UserError("MissingCredentials", `a request to ${of} can't be signed: ${why}`, { cause });

/** Of an error that a system call gave: its code, or else its message. */
export function systemCode(thrown: unknown): string {
  if (typeof thrown === "object" && thrown !== null && "code" in thrown && typeof thrown.code === "string") {
    return thrown.code;
  }
  return thrown instanceof Error ? thrown.message : String(thrown);
}
