/**
 * What a newer version of this tool wrote. Versions meet wherever workers are updated one after the other, or go back; so it is never
 * taken for damaged, and a message that it belongs to is given back until a worker comes that knows it.
 */
import { UserError } from "./errors.ts";
import { toolVersion } from "./version.ts";

const code = "NewerThanTool";

/** UserError `NewerThanTool`. `what` is the beginning of its sentence: `The message has v = 2`. */
export function newerThanTool(what: string): UserError {
  return new UserError(
    code,
    `${what}, which is newer than this ${toolVersion}; update the worker or the command line that says so.`,
  );
}

export const isNewerThanTool = (error: Error): boolean => error instanceof UserError && error.code === code;
