/**
 * Which keys of a bucket are a ledger's: nothing is archived there, and nothing that lies there is an original or a copy. A run's
 * own ledger is known by its place, those of other runs by their layout.
 */
import { type KeyRange as Keys, prefixIn } from "../policy/places.ts";
import { asFolder } from "../vocabulary/names.ts";
import { comparedFolder, placesFolder, runsFolder } from "./layout.ts";

/**
 * What the ledger's own keys begin with, in the bucket of `beside`: the ledger's folder, or where that is no folder within
 * `beside`, the one of its runs. Undefined where it lies in another bucket.
 */
export function ledgerKeys(beside: Keys, ledger: Keys): string | undefined {
  const prefix = prefixIn(beside, ledger);
  if (prefix === undefined) return undefined;
  const folder = asFolder(prefix);
  return folder.length > beside.prefix.length ? folder : `${folder}${runsFolder}`;
}

/** The part of a listing that is the ledger's own; undefined where it has none. */
export function ledgerWithin(listed: Keys, ledger: Keys): string | undefined {
  const own = ledgerKeys(listed, ledger);
  return own?.startsWith(listed.prefix) ? own : undefined;
}

/** Where a ledger writes: its folder may hold other things beside them. */
export function ledgerRanges(ledger: Keys): readonly Keys[] {
  return [runsFolder, placesFolder, comparedFolder].map((folder) => ({
    ...ledger,
    prefix: asFolder(ledger.prefix) + folder,
  }));
}

/** The folder of a ledger that nobody named otherwise. */
export const defaultLedgerFolder = ".originals/";

/** Where a history may lie within an archive: what is there no listing takes for an archived original. */
export const defaultHistoryFolder = `${defaultLedgerFolder}history/`;

const ulid = "[0-9A-HJKMNP-TV-Z]{26}";
/** What only a run writes: names that nobody gives to an original (layout.ts). */
const namesOfRuns = [
  `plans/(?:${ulid}/|cursor-\\d{9,}~)`,
  `submitted/${ulid}/`,
  `outcomes/\\d{9,}/${ulid}-`,
  "done/\\d{6,}/\\d{9,}~a\\d",
  "groups/\\d{6,}~a\\d",
  "restoring/\\d{9,}~n\\d",
  "parts/\\d{6,}/\\d{6,}[~-]",
  "stopped/\\d{9,}/",
  "control/\\d{9,}-(?:halt|cancel|resume)\\.json$",
  "report/(?:results|failures)-\\d{6,}",
];
const run = "runs/[A-Za-z0-9][A-Za-z0-9._-]{0,99}/";
const place = `places/${ulid}~[A-Za-z0-9][^~/]*(?:~ended)?$`;
const compared = `compared/[0-9a-f]{32}/${ulid}~[A-Za-z0-9][^~/]*$`;
const inDefaultFolder = new RegExp(
  `^(?:.*?/)?${defaultLedgerFolder.replace(".", "\\.")}(?=(?:runs|places|compared|history)/)`,
  "s",
);
const inPlaces = new RegExp(`^(?:.*?/)?(?=${place})`, "s");
const inCompared = new RegExp(`^(?:.*?/)?(?=${compared})`, "s");
const inRun = new RegExp(`^(?:.*?/)?${run}(?=${namesOfRuns.join("|")})`, "s");
/** These could be somebody's own, so nothing is left out of a listing for them; but nothing is overwritten either. */
const inRunPerhaps = new RegExp(
  `(?:^|/)${run}(?:(?:request|run|report/summary)\\.json|report/report\\.html|report/deleted(?:-\\d\\d)?\\.csv)$`,
);

/** The part of a key up to where somebody's ledger, or run, begins in it; undefined where the key is of none. */
function ledgerOf(key: string): string | undefined {
  const folders = [runsFolder, placesFolder, comparedFolder, defaultHistoryFolder];
  if (!folders.some((folder) => key.includes(folder))) return undefined;
  return (
    (inDefaultFolder.exec(key) ?? inRun.exec(key))?.[0] ??
    besideRuns(inPlaces, placesFolder, key) ??
    besideRuns(inCompared, comparedFolder, key)
  );
}

function besideRuns(there: RegExp, folder: string, key: string): string | undefined {
  const before = there.exec(key)?.[0];
  return before === undefined ? undefined : before + folder;
}

/** Could something of a run's ledger, whoever's it is, have this key? */
export const mayBeLedgerKey = (key: string): boolean => ledgerOf(key) !== undefined || inRunPerhaps.test(key);

/**
 * Tells, of keys in their order, which belong to somebody's ledger: the names that only a run writes tell of the others of that
 * run, since a plan comes before request, run document and report in any listing. Returns what such keys begin with.
 */
export function createLedgerFinder(): (key: string) => string | undefined {
  let last: string | undefined;
  return (key) => {
    if (last !== undefined && key.startsWith(last)) return last;
    const found = ledgerOf(key);
    if (found !== undefined) last = found;
    return found;
  };
}
