/** How many originals may be under way at once in a process that may open only so many files; connections are among them. Pure. */

/** Of one row: the fetch, a HEAD of the same bucket beside it, and the upload. */
const CONNECTIONS_A_ROW = 3;
/** A worker holds up to so many messages of its queue, each with a connection now and then. */
const MOST_OF_QUEUE = 64;
/** Ledger and manifest, 16 each; what Node itself holds open, some 20; name lookups, standard streams, a file or two. */
const OTHERS = 72;

const filesFor = (rows: number) => CONNECTIONS_A_ROW * rows + Math.min(MOST_OF_QUEUE, rows + 1) + OTHERS;

/**
 * The concurrency that was asked for, or the largest that leaves the process something to open: out of descriptors even a name can't be looked
 * up, and its errors then blame the row.
 *
 * @param files that the process may have open at once; undefined where nobody knows
 */
export function rowsWithin(files: number | undefined, asked: number): number {
  if (files === undefined || filesFor(asked) <= files) return asked;
  let rows = Math.min(asked, Math.max(1, Math.floor((files - OTHERS) / CONNECTIONS_A_ROW)));
  while (rows > 1 && filesFor(rows) > files) rows--;
  return rows;
}
