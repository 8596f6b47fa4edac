/**
 * Flags and commands that people bring with them from other tools, and what says the same here. After rclone's docs (rclone.org/flags, /filtering, /s3), coscli
 * (cmd/cp.go, sync.go, root.go), the AWS CLI's `s3` and s5cmd's `cp`. Names that are ours too are not in it.
 */

export type PeerTool = "rclone" | "coscli" | "aws" | "s5cmd";

export interface PeerFlag {
  /** Whose word it is; of several the one that most people know it from. */
  readonly of: PeerTool;
  /** The flag that says it here, with its value where that is always the same: `--if-exists keep`. */
  readonly here?: string;
  /** Completes "here …", where no flag says it; or says more than the flag does. */
  readonly says?: string;
}

const all = (of: PeerTool, flags: Readonly<Record<string, string | Omit<PeerFlag, "of">>>) =>
  Object.entries(flags).map(([flag, what]): readonly [string, PeerFlag] => [
    flag,
    typeof what === "string" ? { of, here: what } : { of, ...what },
  ]);

const fromEnvironment =
  "credentials are never a flag: they are TENCENTCLOUD_SECRETID and TENCENTCLOUD_SECRETKEY in the environment";
const nothingDeleted = "nothing is ever deleted in an archive";
const byItself = "progress is shown by itself where standard error is a terminal";
const inParts = "an original goes in one PUT up to 5 GB, and in parts above, without being told to";
const waits = "the waits between tries grow by themselves, as the service answers";
const wholePrefix = "--list takes all that lies below the prefix of --source";

export const peerFlags: ReadonlyMap<string, PeerFlag> = new Map([
  ...all("s5cmd", {
    "--numworkers": "--concurrency",
    "--retry-count": "--max-attempts",
    "--no-clobber": "--if-exists keep",
    "--if-size-differ": {
      says: "--if-exists skip, which is the default, archives what the archive lacks or holds otherwise",
    },
    "--if-source-newer": {
      says: "--if-exists skip, which is the default, archives what the archive lacks or holds otherwise",
    },
    "--flatten": "--archive-key {name}",
    "--credentials-file": { says: fromEnvironment },
    "--stat": { says: "the summary at the end counts every request by its type" },
    "--log": { says: "warnings go to standard error, and the report tells what became of each row" },
  }),
  ...all("aws", {
    "--recursive": { says: wholePrefix },
    "--endpoint-url": "--endpoint",
    "--profile": { says: fromEnvironment },
    "--no-progress": "--quiet",
    "--only-show-errors": "--quiet",
    "--dryrun": "--dry-run",
    "--sse": "--encryption",
    "--output": "--json",
    "--delete": { says: nothingDeleted },
    "--page-size": { says: "a listing takes 1,000 objects a LIST" },
    "--no-verify-ssl": { says: "TLS is always checked; NODE_EXTRA_CA_CERTS adds an authority of your own" },
    "--ca-bundle": { says: "NODE_EXTRA_CA_CERTS in the environment names the authorities to trust besides" },
    "--metadata-directive": { says: "an original's metadata comes with it" },
    "--expected-size": { says: "the size is known from the row, a listing or a HEAD" },
  }),
  ...all("coscli", {
    "-r": { says: wholePrefix },
    "--routines": "--concurrency",
    "--thread-num": { says: inParts },
    "--part-size": { says: inParts },
    "--rate-limiting": "--bwlimit",
    "--snapshot-path": "--ledger",
    "--retry-num": "--max-attempts",
    "--err-retry-num": "--max-attempts",
    "--err-retry-interval": { says: waits },
    "--fail-output": {
      says: "failures.csv of the report has every failed row, and report RUN --out DIR copies it here",
    },
    "--fail-output-path": {
      says: "failures.csv of the report has every failed row, and report RUN --out DIR copies it here",
    },
    "--disable-crc64": "--proof size",
    "--disable-checksum": "--proof size",
    "--forbid-overwrite": "--if-exists keep",
    "--version-id": { says: "a row of the manifest names its version: a CSV's column VersionId" },
    "--config-path": "--config",
    "--secret-id": { says: fromEnvironment },
    "--secret-key": { says: fromEnvironment },
    "--token": { says: "the token of temporary keys is TENCENTCLOUD_SESSIONTOKEN in the environment" },
    "-i": { says: fromEnvironment },
    "-k": { says: fromEnvironment },
    "-e": "--endpoint",
    "--meta": { says: "an original's metadata comes with it" },
  }),
  ...all("rclone", {
    "--transfers": "--concurrency",
    "--checkers": { says: "--concurrency is of both, looking and fetching" },
    "--multi-thread-streams": { says: "an original is fetched by one GET" },
    "--tpslimit": "--rate",
    "--max-transfer": "--max-bytes",
    "--max-duration": {
      says: "a run is continued by the same command, so it may be stopped at any time (timeout, or ^C)",
    },
    "--files-from": "--manifest",
    "--files-from-raw": "--manifest",
    "--include-from": { says: "each rule is said by itself: --include, several times" },
    "--exclude-from": { says: "each rule is said by itself: --exclude, several times" },
    "--filter-from": { says: "each rule is said by itself: --filter, several times" },
    "--max-age": "--newer-than",
    "--min-age": { says: "rows are left out by --newer-than alone, which is the other way" },
    "--max-depth": { says: "--exclude says which folders to leave out" },
    "--ignore-existing": "--if-exists keep",
    "--immutable": "--if-exists fail",
    "--update": { says: "--if-exists skip, which is the default, archives what the archive lacks or holds otherwise" },
    "-u": { says: "--if-exists skip, which is the default, archives what the archive lacks or holds otherwise" },
    "--ignore-times": "--if-exists overwrite",
    "--checksum": { says: "every original is proven by its checksum; --proof says how strong a proof has to be" },
    "--size-only": "--proof size",
    "--retries": "--max-attempts",
    "--low-level-retries": "--max-attempts",
    "--retries-sleep": { says: waits },
    "--backup-dir": "--history",
    "--progress": { says: byItself },
    "-P": { says: byItself },
    "--log-file": { says: "warnings go to standard error, and the report tells what became of each row" },
    "--verbose": { says: "warnings go to standard error, and the report tells what became of each row" },
    "-v": { says: "warnings go to standard error, and the report tells what became of each row" },
    "-q": "--quiet",
    "-n": "--dry-run",
    "--use-json-log": "--json",
    "--max-delete": { says: nothingDeleted },
    "--delete-after": { says: nothingDeleted },
    "--delete-before": { says: nothingDeleted },
    "--delete-during": { says: nothingDeleted },
    "--s3-endpoint": "--endpoint",
    "--s3-region": "--region",
    "--s3-storage-class": "--storage-class",
    "--s3-server-side-encryption": "--encryption",
    "--s3-access-key-id": { says: fromEnvironment },
    "--s3-secret-access-key": { says: fromEnvironment },
    "--s3-upload-concurrency": { says: inParts },
    "--s3-chunk-size": { says: inParts },
  }),
]);

/** Commands of those tools, and ours that does the same. */
export const peerCommands: ReadonlyMap<string, { readonly of: PeerTool; readonly here: string }> = new Map(
  Object.entries({
    copy: { of: "rclone", here: "run" },
    copyto: { of: "rclone", here: "run" },
    sync: { of: "rclone", here: "run" },
    cp: { of: "coscli", here: "run" },
    hash: { of: "coscli", here: "verify" },
    signurl: { of: "coscli", here: "sign" },
    presign: { of: "aws", here: "sign" },
    configure: { of: "aws", here: "init" },
    config: { of: "coscli", here: "init" },
    cryptcheck: { of: "rclone", here: "check" },
  } as const),
);

const whose = (of: PeerTool): string => (of === "aws" ? "the AWS CLI's" : `${of}'s`);

/** `copy is rclone's word; here it is run`; undefined for what is nobody's. */
export function peerCommandSentence(command: string): string | undefined {
  const peer = peerCommands.get(command);
  return peer === undefined ? undefined : `${command} is ${whose(peer.of)} word; here it is ${peer.here}`;
}

/** `--transfers is rclone's word; here it is --concurrency`; undefined for what is nobody's. @param flag without its value */
export function peerSentence(flag: string): string | undefined {
  const peer = peerFlags.get(flag);
  if (peer === undefined) return undefined;
  return `${flag} is ${whose(peer.of)} word; here ${peer.says ?? `it is ${peer.here}`}`;
}
