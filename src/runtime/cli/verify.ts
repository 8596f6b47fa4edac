/** `cos-originals verify`: does the archive hold what the ledger says? */

import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { finished } from "node:stream/promises";
import type { Command } from "commander";
import { csvLine } from "../../manifest/csv-text.ts";
import { type Difference, type Verified, verifyRun } from "../../run/inspect/verify.ts";
import { systemClock } from "../../vocabulary/clock.ts";
import { counted, formatCount, verbOf } from "../../vocabulary/counted.ts";
import { ensureError, quote, UserError } from "../../vocabulary/errors.ts";
import { settingsOfLedger, withRecordedRun } from "./input/recorded-run.ts";
import { addFlags, type Flags } from "./input/setting-flags.ts";
import { type ExitCode, exitCodes } from "./terminal/exit-codes.ts";
import { onInterrupt } from "./terminal/interrupt.ts";
import type { Terminal } from "./terminal/terminal.ts";

/** Differences shown to people; --json and --out have all. */
const shown = 20;
const progressEvery = 200;

export function describeVerify(command: Command): void {
  addFlags(
    command
      .option(
        "--out <FILE>",
        "write the differences as CSV, which is a manifest: run --manifest FILE archives them again",
      )
      .addHelpText(
        "after",
        `
One HEAD an object, --concurrency at once and no more than --rate a second. Compared are length, and CRC64 or else ETag.
What a later run of the same ledger archived in its place is no difference.

Exit codes: 0 all as the ledger says, 7 differences, 2 usage, 6 credentials refused, 130 interrupted.

Example:
  cos-originals verify nightly-2026-11-22 --archive cos://archive-1250000000/photos/ --region ap-guangzhou \\
    --out differences.csv`,
      ),
    [...settingsOfLedger, "concurrency", "rate", "maxInstances"],
  );
}

export async function verifyCommand(flags: Flags, terminal: Terminal, args: readonly string[]): Promise<ExitCode> {
  return withRecordedRun(flags, terminal, args, async ({ id, place, surroundings, json }) => {
    const interrupt = onInterrupt(terminal, "Stopping.");
    const { signal } = interrupt;
    const file = typeof flags.out === "string" ? await openDifferences(flags.out) : undefined;
    const differences: Difference[] = [];
    let progressAt = 0;
    const onProgress = (checked: number, of: number) => {
      const now = systemClock.elapsed();
      if (!terminal.statusShown || now - progressAt < progressEvery) return;
      progressAt = now;
      terminal.status(`${formatCount(checked)}/${formatCount(Math.max(of, checked))} checked`);
    };
    try {
      const verified = await verifyRun(place, id, surroundings, {
        signal,
        onProgress,
        async onDifference(difference) {
          if (json || differences.length < shown) differences.push(difference);
          await file?.add(difference);
        },
      });
      terminal.status("");
      await file?.close();
      const { missing, size, checksum } = verified.differences;
      const different = missing + size + checksum;
      if (json) terminal.out(JSON.stringify(documentOf(id, verified, differences)));
      else terminal.out(textOf(id, verified, differences, different));
      if (file !== undefined) terminal.note(`The differences are in ${String(flags.out)}`);
      if (signal.aborted) return exitCodes.interrupted;
      return different > 0 ? exitCodes.differences : exitCodes.done;
    } finally {
      interrupt.dispose();
    }
  });
}

function documentOf(id: string, { request: _, differences, ...counts }: Verified, found: readonly Difference[]) {
  return {
    schema: "cos-originals/verify@1",
    run: id,
    ...counts,
    ...differences,
    differences: found.map(({ kind, message, outcome }) => {
      const { key, versionId, archiveKey, receivedSize, receivedEtag, receivedCrc64 } = outcome;
      return {
        kind,
        key,
        versionId,
        archiveKey,
        message,
        size: receivedSize,
        etag: receivedEtag,
        crc64: receivedCrc64,
      };
    }),
  };
}

function textOf(id: string, verified: Verified, found: readonly Difference[], different: number): readonly string[] {
  const { checked, same, sizeOnly, replaced, rows, unarchived, state, differences } = verified;
  const lines = [
    `run ${id} is ${state}: ${counted(checked, "object")} checked, ${formatCount(same)} as the ledger says, ${formatCount(different)} different`,
    ...(replaced > 0
      ? [
          `  ${formatCount(replaced)} ${verbOf(replaced, "was", "were")} replaced by a later run, and ${verbOf(replaced, "is", "are")} what that one archived: no difference`,
        ]
      : []),
    ...(sizeOnly > 0 ? [`  ${formatCount(sizeOnly)} could be compared by length alone`] : []),
    ...(unarchived > 0
      ? [
          `  ${formatCount(unarchived)} of ${counted(rows, "row")} ${verbOf(unarchived, "was", "were")} not archived by it: nothing to check`,
        ]
      : []),
  ];
  if (different > 0) {
    const kinds = Object.entries(differences).filter(([, count]) => count > 0);
    lines.push(`  ${kinds.map(([kind, count]) => `${kind} ${formatCount(count)}`).join(", ")}`);
  }
  for (const { kind, message, outcome } of found) {
    lines.push(`  ${kind}: ${outcome.archiveKey ?? outcome.key}: ${message}`);
  }
  if (different > found.length)
    lines.push(`  and ${formatCount(different - found.length)} more; --out FILE lists them all`);
  return lines;
}

/** The columns of a manifest; what is expected of the archive is not what the source must be now, so it is not among them. */
const header = csvLine(["Key", "VersionId", "Difference", "Details", "ArchivedAs"]);

async function openDifferences(path: string) {
  const stream = createWriteStream(path);
  const ended = finished(stream).catch((thrown: unknown) => {
    const error = ensureError(thrown);
    throw new UserError("OutUnwritable", `--out ${quote(path)} can't be written: ${error.message}.`, { cause: error });
  });
  ended.catch(() => undefined);
  // Before any request is made: a folder that is not there is said at once.
  await Promise.race([once(stream, "open"), ended]);
  stream.write(header);
  return {
    async add({ kind, message, outcome }: Difference): Promise<void> {
      const { key, versionId, archiveKey } = outcome;
      if (!stream.write(csvLine([key, versionId, kind, message, archiveKey])))
        await Promise.race([once(stream, "drain"), ended]);
    },
    async close(): Promise<void> {
      stream.end();
      await ended;
    },
  };
}
