/** What an event holds as an object, as the text that a queue would carry. */
import { quote, UserError } from "../../vocabulary/errors.ts";

/** @throws UserError `InvalidEvent` for what is nested deeper than anything can be written down */
export function messageText(value: object): string {
  try {
    return JSON.stringify(value);
  } catch (cause) {
    // Of JSON that the platform parsed nothing else can go wrong.
    const message = `The event holds ${quote(value)}, which is nested too deep to be read, and is no message of this tool.`;
    throw new UserError("InvalidEvent", message, { cause });
  }
}
