/** `--newest N`: how many runs of a ledger are shown. */
import { UserError } from "../../../vocabulary/errors.ts";

export const usualNewest = "20";
const mostNewest = 10_000;

export function newestOf(said: unknown): number {
  const newest = /^\d{1,5}$/.test(String(said)) ? Number(said) : 0;
  if (newest >= 1 && newest <= mostNewest) return newest;
  throw new UserError(
    "InvalidSetting",
    `--newest ${JSON.stringify(String(said))} is not a whole number from 1 to ${mostNewest}; --newest ${usualNewest} would do.`,
  );
}
