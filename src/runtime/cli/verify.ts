/** `cos-originals verify`: does the archive hold what the ledger says? */

import type { Command } from "commander";
import { rulesOf } from "../../policy/scope/filter.ts";
import { namedDifferences } from "../../report/certificate.ts";
import { leftOutText } from "../../report/left-out-text.ts";
import { formatBytes } from "../../report/quantity.ts";
import type { Summary } from "../../report/summary.ts";
import { type Difference, type Verified, verifyRun } from "../../run/inspect/verify.ts";
import { certificateOfVerify, certified, isSound } from "../../run/inspect/verify-certificate.ts";
import type { VerifyScope } from "../../run/inspect/verify-scope.ts";
import { storeOf } from "../../vocabulary/address.ts";
import { isoTime, systemClock } from "../../vocabulary/clock.ts";
import { counted, formatCount, verbOf } from "../../vocabulary/counted.ts";
import { openExcept } from "../settings/manifest-input.ts";
import { type RecordedRun, settingsOfLedger, surroundingsOfRun, withRecordedRun } from "./input/recorded-run.ts";
import { addFlags, type Flags } from "./input/setting-flags.ts";
import { checkCertificatePath, pageOf, writeCertificate } from "./leaving/certificate-files.ts";
import { openCsvFile } from "./leaving/csv-file.ts";
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
      .option("--deep", "read every archived object anew, and prove its bytes by their CRC64 or MD5, instead of a HEAD")
      .option(
        "--certificate <FILE>",
        "write what was verified, when, and what was found, as JSON and as a page beside it",
      )
      .addHelpText(
        "after",
        `
One HEAD an object, --concurrency at once and no more than --rate a second. Compared are length, and CRC64 or else ETag.
With --deep one GET an object, whose bytes are held against the same; outside the archive's region its traffic is paid for, and --bwlimit says how
many bytes may come a second.
What a later run of the same ledger archived in its place is no difference. --include, --exclude, --filter, --except, --min-size and
--max-size leave out a part of what the run archived; how much is said.

Exit codes: 0 all as the ledger says, 7 differences, or objects that could not be read, 5 outcomes are not listed, 2 usage, 6 credentials refused, 130 interrupted.

Example:
  cos-originals verify nightly-2026-11-22 --archive cos://archive-1250000000/photos/ --region ap-guangzhou \\
    --out differences.csv`,
      ),
    [
      ...settingsOfLedger,
      "include",
      "exclude",
      "filter",
      "minSize",
      "maxSize",
      "except",
      "sourceRegion",
      "manifestRegion",
      "sourceEndpoint",
      "concurrency",
      "rate",
      "bwlimit",
      "maxInstances",
    ],
  );
}

export async function verifyCommand(flags: Flags, terminal: Terminal, args: readonly string[]): Promise<ExitCode> {
  return withRecordedRun(flags, terminal, args, async (recorded) => {
    const { id, place, settings, json } = recorded;
    const { surroundings } = await surroundingsOfRun(recorded);
    const interrupt = onInterrupt(terminal, "Stopping.");
    const { signal } = interrupt;
    const deep = flags.deep === true;
    const certificatePath = typeof flags.certificate === "string" ? flags.certificate : undefined;
    if (certificatePath !== undefined) await checkCertificatePath(certificatePath);
    const scope = await scopeOf(settings, surroundings, signal);
    const file = typeof flags.out === "string" ? await openCsvFile(flags.out, "--out", header) : undefined;
    const beganAt = isoTime(surroundings.clock.now());
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
        deep,
        scope,
        signal,
        onBegin: ({ archived, bytes, asked }: Summary) => {
          if (deep) terminal.note(deepText(archived, bytes, scope !== undefined, asked?.archive ?? ""));
        },
        onProgress,
        async onDifference(difference) {
          if (json || differences.length < shown) differences.push(difference);
          // What can't be read is not to be archived again.
          if (difference.kind !== "unread") await file?.add(cellsOf(difference));
        },
      }).finally(() => file?.close());
      terminal.status("");
      const { missing, size, checksum } = verified.differences;
      if (json) terminal.out(JSON.stringify(documentOf(id, verified, differences)));
      else terminal.out(textOf(id, verified, differences, missing + size + checksum));
      if (file !== undefined) terminal.note(`The differences are in ${String(flags.out)}`);
      if (signal.aborted) return exitCodes.interrupted;
      if (certificatePath !== undefined) {
        const named = differences.slice(0, namedDifferences).map(certified);
        const endedAt = isoTime(surroundings.clock.now());
        const over = { run: id, ledger: place, verified, scope, beganAt, endedAt, differences: named };
        await writeCertificate(certificatePath, certificateOfVerify(over));
        terminal.note(`The certificate is in ${certificatePath}, and for people in ${pageOf(certificatePath)}`);
      }
      return isSound(verified) ? exitCodes.done : exitCodes.differences;
    } finally {
      interrupt.dispose();
    }
  });
}

/** Undefined where all that the run archived is. */
async function scopeOf(
  settings: RecordedRun["settings"],
  surroundings: Parameters<typeof openExcept>[1],
  signal: AbortSignal,
): Promise<VerifyScope | undefined> {
  const { values } = settings;
  const { minSize, maxSize } = values;
  const rules = rulesOf(values);
  const filter = rules.length === 0 ? undefined : [...rules];
  const except = await openExcept(settings, surroundings, signal);
  const isAll = [filter, minSize, maxSize, except].every((one) => one === undefined);
  return isAll ? undefined : { filter, minSize, maxSize, except };
}

function deepText(archived: number, bytes: number, inPart: boolean, address: string): string {
  // A folder's own disk costs nothing.
  const cost = storeOf(address) === "file" ? "" : ": a GET each, and traffic outside the archive's region";
  if (inPart) {
    return `What is in scope of ${counted(archived, "archived object")} (${formatBytes(bytes)}) and those found there is read anew${cost}.`;
  }
  return `${counted(archived, "archived object")} and those found there, ${formatBytes(bytes)} at least, are read anew${cost}.`;
}

function documentOf(id: string, verified: Verified, found: readonly Difference[]) {
  const { request: _, list: __, differences, leftOut = null, ...counts } = verified;
  return {
    schema: "cos-originals/verify@1",
    run: id,
    ...counts,
    leftOut,
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
  const { checked, same, sizeOnly, replaced, rows, unarchived, state, differences, deep, bytesRead, unread } = verified;
  const lines = [
    `run ${id} is ${state}: ${counted(checked, "object")} checked, ${formatCount(same)} as the ledger says, ${formatCount(different)} different`,
    ...(deep ? [`  ${formatBytes(bytesRead)} were read anew`] : []),
    ...(unread > 0
      ? [
          `  ${formatCount(unread)} could not be read, for ${verbOf(unread, "it is", "they are")} in an archive class: restore, and verify again`,
        ]
      : []),
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
  const outOfScope = leftOutText(verified.leftOut);
  if (outOfScope !== undefined) lines.push(`  ${outOfScope}`);
  if (different > 0) {
    const kinds = Object.entries(differences).filter(([, count]) => count > 0);
    lines.push(`  ${kinds.map(([kind, count]) => `${kind} ${formatCount(count)}`).join(", ")}`);
  }
  for (const { kind, message, outcome } of found) {
    lines.push(`  ${kind}: ${outcome.archiveKey ?? outcome.key}: ${message}`);
  }
  const more = different + unread - found.length;
  if (more > 0) lines.push(`  and ${formatCount(more)} more; --out FILE lists those that differ`);
  return lines;
}

/** The columns of a manifest; what is expected of the archive is not what the source must be now, so it is not among them. */
const header = ["Key", "VersionId", "Difference", "Details", "ArchivedAs"];

const cellsOf = ({ kind, message, outcome: { key, versionId, archiveKey } }: Difference) => [
  key,
  versionId,
  kind,
  message,
  archiveKey,
];
