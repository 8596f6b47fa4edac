/** What is refused of a manifest before anything is written: one that holds nothing, or is of another format than it is said to be. */
import type { RunRequest } from "../../ledger/plan/request.ts";
import { quote, UserError } from "../../vocabulary/errors.ts";
import { isRow, type PlanEntries } from "./entry.ts";

/**
 * Refuses, before anything is written, a manifest that holds no row, or of whose first shard not one row can be read
 * (UserError `EmptyManifest`, `ManifestNotAsSaid`).
 */
export async function checkManifest(
  entries: PlanEntries,
  request: Pick<RunRequest, "rows" | "options">,
): Promise<void> {
  // What one must find is another matter (places/least-rows.ts).
  if (request.rows.kind === "listing") return;
  let rows = 0;
  let firstFault: string | undefined;
  for await (const batch of entries) {
    for (const entry of batch) {
      if (!isRow(entry)) continue;
      if (entry.kind !== "invalid" || entry.fault === "value") return;
      firstFault ??= entry.message;
      rows++;
    }
    if (rows >= request.options.shardSize) break;
  }
  if (firstFault !== undefined) throw notAsSaid(request, firstFault);
  throw emptyManifest(request);
}

type Rows = Pick<RunRequest, "rows">;

function nameOf({ rows }: Rows): string {
  if (rows.kind === "file") return rows.name;
  return rows.kind === "object" ? `cos://${rows.bucket}/${rows.key}` : rows.kind;
}

function notAsSaid(request: Rows, fault: string): UserError {
  const { rows } = request;
  const format = "format" in rows ? rows.format : rows.kind;
  return new UserError(
    "ManifestNotAsSaid",
    `The manifest ${quote(nameOf(request))} is not ${format}: not one row of it can be read, ${fault}; say what it is with --format.`,
  );
}

function emptyManifest(request: Rows): UserError {
  return new UserError(
    "EmptyManifest",
    `The manifest ${quote(nameOf(request))} holds no rows, so there is nothing to archive; is it the right file?`,
  );
}
