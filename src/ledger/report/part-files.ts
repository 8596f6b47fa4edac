/** The files of one part of the report: some shards of one group, the same ones whoever writes it, and under the same names. */
import { paths } from "../layout.ts";
import type { LedgerStore } from "../store.ts";

/** @param results gzipped CSV */
export function writeResults(ledger: LedgerStore, part: number, results: Buffer): Promise<void> {
  return ledger.put(paths.results(part), results);
}

/** @param file from 0; there are several where failures are very many */
export function writeFailures(ledger: LedgerStore, part: number, file: number, failures: string): Promise<void> {
  return ledger.put(paths.failures(part, file), failures);
}

/** Of the whole run. @param file from 0; there are several where keys are very many */
export function writeDeletedCsv(ledger: LedgerStore, file: number, deleted: string): Promise<void> {
  return ledger.put(paths.deletedCsv(file), deleted);
}
