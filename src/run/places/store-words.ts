/** Storage classes and encryptions are words of the store that the archive is in: another store's are refused before anything is written. */
import type { RunRequest } from "../../ledger/plan/request.ts";
import { printAddress } from "../../vocabulary/address.ts";
import { encryptionsOf, isArchiveClass, storageClassesOf } from "../../vocabulary/choices.ts";
import { quote, UserError } from "../../vocabulary/errors.ts";

/** @throws UserError `InvalidSetting`, which says the store's own words, and `HistoryUnsafe` */
export function checkStoreWords({ archive, options }: Pick<RunRequest, "archive" | "options">): void {
  const store = archive.store ?? "cos";
  check("storage class", options.storageClass, storageClassesOf[store]);
  check("encryption", options.encryption, encryptionsOf[store]);
  const { history, storageClass } = options;
  if (history !== undefined && (isArchiveClass(storageClass) || storageClass === "GLACIER")) {
    throw new UserError(
      "HistoryUnsafe",
      `The storage class ${storageClass} and the history ${quote(history)} exclude each other: of what is archived so nothing can be copied before it is restored, so nothing could ever be replaced; leave out one of them, or let a lifecycle rule change the class of old objects.`,
    );
  }

  function check(what: string, word: string | undefined, known: readonly string[]): void {
    if (word === undefined || known.includes(word)) return;
    const instead = known.length === 0 ? `it has no ${what}` : `there it is one of ${known.join(", ")}`;
    throw new UserError(
      "InvalidSetting",
      `The ${what} ${word} is not one of ${printAddress(archive)}: ${instead}; leave it out, or say another.`,
    );
  }
}
