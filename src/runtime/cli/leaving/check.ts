/** `cos-originals check`: does an archive hold what a source does, whoever put it there? */

import type { Command } from "commander";
import type { Settings } from "../../../config/read.ts";
import { flagOf } from "../../../config/settings.ts";
import { namedDifferences } from "../../../report/certificate.ts";
import { compareByHead } from "../../../run/check/by-head.ts";
import { compareListings } from "../../../run/check/by-listing.ts";
import { certificateOfCheck } from "../../../run/check/certificate.ts";
import {
  agree,
  type CheckedPlaces,
  type Difference,
  type DifferenceKind,
  noCheckCounts,
} from "../../../run/check/check.ts";
import { checkPlacesApart } from "../../../run/places/places-apart.ts";
import { listedRow } from "../../../run/plan/incremental.ts";
import { isoTime, systemClock } from "../../../vocabulary/clock.ts";
import { formatCount } from "../../../vocabulary/counted.ts";
import { UserError } from "../../../vocabulary/errors.ts";
import { archivePlace, ledgerPlace, sourcePlace } from "../../settings/places.ts";
import { settingsOfSigning } from "../../settings/run-input.ts";
import { type OpenedSurroundings, surroundingsFromSettings } from "../../settings/surroundings-from-settings.ts";
import { commandWorld } from "../input/command-world.ts";
import { addFlags, type Flags, settingsFromFlags } from "../input/setting-flags.ts";
import { type ExitCode, exitCodes } from "../terminal/exit-codes.ts";
import { onInterrupt } from "../terminal/interrupt.ts";
import type { Terminal } from "../terminal/terminal.ts";
import { checkCertificatePath, pageOf, writeCertificate } from "./certificate-files.ts";
import { checkDocument, checkText, headsText, priceHeads } from "./check-text.ts";
import { openCsvFile } from "./csv-file.ts";
import { keptPairs } from "./kept-pairs.ts";

/** Differences of each kind that --json has, and that people are shown. */
const told = 100;
const shown = 20;
const progressEvery = 200;

export function describeCheck(command: Command): void {
  addFlags(
    command
      .option(
        "--out <FILE>",
        "write what is missing or different as CSV, which is a manifest: run --manifest FILE repairs it",
      )
      .option("--extra <FILE>", "write what only the archive has as CSV, which is a manifest for restore")
      .option(
        "--certificate <FILE>",
        "write what was compared, when, and what was found, as JSON and as a page beside it",
      )
      .option("--one-way", "pass over what the archive alone holds")
      .option("--dry-run", "list both, say what the HEADs would cost, and send none")
      .addHelpText(
        "after",
        `
Compares two places without any run: by LISTs of both where both tell the MD5 of an object, by a HEAD of both where not; what those
cost is told before they are sent. What can't be compared is counted, and never called equal. Nothing is written in either place.

Exit codes: 0 they agree, 7 they do not, 2 usage, 5 not reached, 6 credentials refused, 130 interrupted.

Example:
  cos-originals check --source cos://photos-1250000000 --archive cos://archive-1250000000/photos/ \\
    --region ap-guangzhou --out repair.csv --certificate check.json`,
      ),
    [
      "source",
      "archive",
      "ledger",
      "region",
      "sourceRegion",
      "archiveRegion",
      "archiveKey",
      "minRows",
      "concurrency",
      "rate",
      "maxInstances",
      "endpoint",
      "sourceEndpoint",
      "archiveEndpoint",
      ...settingsOfSigning,
      "allowHttp",
      "priceCurrency",
      "priceRequests",
    ],
  );
}

export async function checkCommand(flags: Flags, terminal: Terminal): Promise<ExitCode> {
  const settings = await settingsFromFlags(flags, terminal);
  const places = placesOf(settings);
  const world = commandWorld(settings, terminal.log);
  const surroundings = surroundingsFromSettings(settings, world);
  const interrupt = onInterrupt(terminal, "Stopping.");
  try {
    return await compare(flags, settings, places, surroundings, terminal, interrupt.signal);
  } catch (error) {
    if (interrupt.signal.aborted) return exitCodes.interrupted;
    throw error;
  } finally {
    terminal.status("");
    interrupt.dispose();
    await surroundings.close();
  }
}

async function compare(
  flags: Flags,
  settings: Settings,
  places: CheckedPlaces,
  surroundings: OpenedSurroundings,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<ExitCode> {
  const oneWay = flags.oneWay === true;
  const dryRun = flags.dryRun === true;
  const certificatePath = typeof flags.certificate === "string" && !dryRun ? flags.certificate : undefined;
  if (certificatePath !== undefined) await checkCertificatePath(certificatePath);
  const repair = typeof flags.out === "string" && !dryRun ? await openCsvFile(flags.out, "--out", header) : undefined;
  const extras =
    typeof flags.extra === "string" && !dryRun ? await openCsvFile(flags.extra, "--extra", extraHeader) : undefined;
  const counts = noCheckCounts();
  const found: Difference[] = [];
  const ofKind: Record<DifferenceKind, number> = { missing: 0, differs: 0, extra: 0, uncompared: 0 };
  const onDifference = async (difference: Difference) => {
    const { kind, key, message, archiveKey } = difference;
    if (kind === "extra") await extras?.add([key, message, archiveKey]);
    if (oneWay && kind === "extra") return;
    if (ofKind[kind]++ < told) found.push(difference);
    if (kind === "missing" || kind === "differs") await repair?.add(repairCells(difference));
  };
  const kept = keptPairs();
  try {
    const listed = await compareListings(places, surroundings, {
      counts,
      kept,
      onDifference,
      onProgress: progress(terminal, (listed) => `${formatCount(listed)} listed`),
      signal,
    });
    const heads = priceHeads(listed.pairs, places.archive, settings);
    if (!dryRun && listed.pairs > 0) {
      terminal.note(`${headsText(heads)}.`);
      const onProgress = progress(terminal, (asked) => `${formatCount(asked)}/${formatCount(listed.pairs)} asked`);
      await compareByHead(places, surroundings, { counts, kept, onDifference, onProgress, signal });
    }
    terminal.status("");
    await Promise.all([repair?.close(), extras?.close()]);
    if (signal.aborted) return exitCodes.interrupted;
    const { source, archive } = places;
    const tell = { source, archive, listed, counts, oneWay, dryRun, heads };
    if (flags.json === true) terminal.out(JSON.stringify(checkDocument({ ...tell, found })));
    else terminal.out(checkText({ ...tell, found: found.slice(0, shown) }));
    if (repair !== undefined) terminal.note(`What is missing or different is in ${String(flags.out)}`);
    if (extras !== undefined) terminal.note(`What only the archive has is in ${String(flags.extra)}`);
    if (certificatePath !== undefined) {
      const { archiveKey } = settings.values;
      const differences = found.slice(0, namedDifferences).map(({ source: _, ...difference }) => difference);
      const endedAt = isoTime(surroundings.clock.now());
      await writeCertificate(
        certificatePath,
        certificateOfCheck({ places, archiveKey, oneWay, counts, listed, endedAt, differences }),
      );
      terminal.note(`The certificate is in ${certificatePath}, and for people in ${pageOf(certificatePath)}`);
    }
    return dryRun || agree(counts, oneWay) ? exitCodes.done : exitCodes.differences;
  } finally {
    await kept.dispose();
  }
}

/** Throws UserError `MissingSetting`, `PlacesOverlap`, `InvalidSetting`. */
function placesOf(settings: Settings): CheckedPlaces {
  const [source, archive, ledger] = [sourcePlace(settings), archivePlace(settings), ledgerPlace(settings)];
  checkPlacesApart({ source, archive, ledger });
  const { archiveKey, minRows } = settings.values;
  const literal = archiveKey.endsWith("{key}") ? archiveKey.slice(0, -"{key}".length) : undefined;
  if (literal === undefined || /[{}]/.test(literal)) {
    throw new UserError(
      "InvalidSetting",
      `${settings.said("archiveKey")} orders the archive's keys otherwise than the source's, so two listings can't be compared; of such an archive verify tells. ${flagOf("archiveKey")} '2026/{key}' would do.`,
    );
  }
  return { source, archive, ledger, before: archive.prefix + literal, leastRows: minRows };
}

/** The columns of a manifest, and why each row is there. What lies in an archive class is said, so that it is not fetched before it is restored. */
const header = ["Key", "Size", "ETag", "StorageClass", "Difference", "Details", "ArchivedAs"];

const extraHeader = ["Key", "Details", "ArchivedAs"];

function repairCells({ kind, key, archiveKey, message, source }: Difference) {
  const { size, etag, storageClass } = listedRow({
    key,
    size: source?.size ?? 0,
    etag: source?.etag ?? "",
    storageClass: source?.storageClass,
    lastModified: 0,
  });
  return [key, size, etag, storageClass, kind, message, archiveKey];
}

/** Now and then, where somebody looks. */
function progress(terminal: Terminal, text: (count: number) => string): (count: number) => void {
  let at = 0;
  return (count) => {
    const now = systemClock.elapsed();
    if (!terminal.statusShown || now - at < progressEvery) return;
    at = now;
    terminal.status(text(count));
  };
}
