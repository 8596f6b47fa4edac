/** What is shipped has to be there before hours are spent on measuring something else. */
import { statSync } from "node:fs";
import { join } from "node:path";
import { UserError } from "../../src/vocabulary/errors.ts";

/** Bytes of a file of dist/. Errors: UserError `MissingSetting`. */
export function shippedBytes(dist: string, file: string): number {
  const found = statSync(join(dist, file), { throwIfNoEntry: false });
  if (found !== undefined) return found.size;
  throw new UserError(
    "MissingSetting",
    `The file dist/${file} is not there to be measured; \`npm run build\` makes it.`,
  );
}
