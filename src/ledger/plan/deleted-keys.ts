/**
 * Keys that the archive holds and the source no longer does, as a plan found them: gzipped JSON lines in the order of the keys, in lists of
 * up to 100,000. All of them, those that earlier runs had found too, so that the next run can tell which are new by this one's alone.
 */
import * as z from "zod";
import { createGzipText } from "../../report/gzip-text.ts";
import { incomplete, readParsed, unreadable } from "../document.ts";
import { paths } from "../layout.ts";
import { decodeLines } from "../lines.ts";
import type { LedgerStore } from "../store.ts";

export interface DeletedKey {
  /** As it was in the source. */
  readonly key: string;
  /** Of what the archive holds, bytes. */
  readonly size?: number | undefined;
  /** Of what the archive holds, where it is an MD5. */
  readonly etag?: string | undefined;
  /** The run before had not found it. */
  readonly isNew: boolean;
}

/** Whose lists there are: `plan` wrote so many. */
export interface DeletedLists {
  readonly plan: string;
  readonly lists: number;
}

/** What a run needs (needs.ts) whose run.json tells of such lists. */
export const needOfDeletedKeys = "deleted-keys";

const LIST = 100_000;

const lineSchema = z.object({
  key: z.string(),
  size: z.int().min(0).optional(),
  etag: z.string().optional(),
  new: z.literal(true).optional(),
});

export interface DeletedWriter {
  add(deleted: DeletedKey): void;
  /** Writes what is full, or with `all` the rest too, so that nothing is held any more. */
  write(ledger: LedgerStore, plan: string, all?: boolean): Promise<void>;
  /** Written so far, by this plan. */
  lists(): number;
  /** The next are another plan's. */
  nextPlan(): void;
}

/** Holds what is added, packed, until it is written. */
export function createDeletedWriter(): DeletedWriter {
  let full: Buffer[] = [];
  let list = createGzipText();
  let lines = 0;
  let written = 0;
  const press = () => {
    full.push(list.end());
    list = createGzipText();
    lines = 0;
  };
  return {
    add({ key, size, etag, isNew }) {
      list.add(`${JSON.stringify({ key, size, etag, ...(isNew ? { new: true } : undefined) })}\n`);
      if (++lines === LIST) press();
    },
    async write(ledger, plan, all = false) {
      if (all && lines > 0) press();
      const lists = full;
      full = [];
      for (const bytes of lists) await ledger.put(paths.deleted(plan, written++), bytes);
    },
    lists: () => written,
    nextPlan() {
      written = 0;
    },
  };
}

/** In the order of their keys. Throws UserError `LedgerUnreadable`, or `LedgerIncomplete` where a list is gone. */
export async function* readDeleted(ledger: LedgerStore, of: readonly DeletedLists[]): AsyncGenerator<DeletedKey> {
  for (const { plan, lists } of of) {
    for (let n = 0; n < lists; n++) {
      const path = paths.deleted(plan, n);
      const list = await readParsed(ledger, path, decode);
      if (list === undefined) throw incomplete(ledger.describe(path), "is gone, though run.json names it.");
      yield* list;
    }
  }
}

function decode(bytes: Buffer, where: string): readonly DeletedKey[] {
  const list: DeletedKey[] = [];
  for (const value of decodeLines(bytes, where)) {
    const line = lineSchema.safeParse(value);
    if (!line.success) throw unreadable(where, "holds a line that is no key");
    const { new: isNew = false, ...rest } = line.data;
    list.push({ ...rest, isNew });
  }
  return list;
}
