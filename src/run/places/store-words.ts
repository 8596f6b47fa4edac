/** Storage classes and encryptions are words of the store that the archive is in: another store's are refused before anything is written. */
import type { RunRequest } from "../../ledger/plan/request.ts";
import { printAddress } from "../../vocabulary/address.ts";
import { encryptionsOf, storageClassesOf } from "../../vocabulary/choices.ts";
import { UserError } from "../../vocabulary/errors.ts";

/** @throws UserError `InvalidSetting`, which says the store's own words */
export function checkStoreWords({ archive, options }: Pick<RunRequest, "archive" | "options">): void {
  const store = archive.store ?? "cos";
  check("storage class", options.storageClass, storageClassesOf[store]);
  check("encryption", options.encryption, encryptionsOf[store]);

  function check(what: string, word: string | undefined, known: readonly string[]): void {
    if (word === undefined || known.includes(word)) return;
    const instead = known.length === 0 ? `it has no ${what}` : `there it is one of ${known.join(", ")}`;
    throw new UserError(
      "InvalidSetting",
      `The ${what} ${word} is not one of ${printAddress(archive)}: ${instead}; leave it out, or say another.`,
    );
  }
}
