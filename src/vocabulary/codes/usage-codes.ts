/** Codes of what is refused before any row is worked: settings, queues, manifests, ledgers, and the emulator of this project. */
import { entries } from "./entry.ts";

export const usageCodes = entries({
  InvalidSetting: { means: "a setting has a value that it can't have", effect: "not-begun" },
  MissingSetting: { means: "a setting is missing that the command needs", effect: "not-begun" },
  InvalidConfig: { means: "the configuration file can't be read or holds what is no setting", effect: "not-begun" },
  ConfigExists: {
    means: "a configuration file is to be written where one is already",
    effect: "not-begun",
    advice: "name another by --out, or say --overwrite",
  },
  UnknownCode: { means: "a code is to be explained that the catalogue does not have", effect: "not-begun" },
  InvalidFindings: {
    means: "a document of findings can't be read, or holds a value that can't be",
    effect: "not-begun",
    advice: "give what doctor --probe --json printed",
  },
  ProbeUnasked: {
    means: "a probe was not agreed to",
    effect: "not-begun",
    advice: "agree at the terminal, or give --yes",
  },
  CheckNeeded: {
    means: "a protection is to be taken off, and no check says that the originals are archived",
    effect: "not-begun",
    advice: "check source and archive, and give the certificate that says that they agree",
  },
  CheckDisagreed: {
    means: "a protection is to be taken off, and the check found that the archive does not hold all originals",
    effect: "not-begun",
    advice: "archive what is missing or different, and check again",
  },
  CheckOutdated: {
    means: "a protection is to be taken off, and originals are there that the check did not look at",
    effect: "not-begun",
    advice: "archive what is new, and check the whole bucket again",
  },
  InvalidCertificate: {
    means: "the file is no certificate of a check",
    effect: "not-begun",
    advice: "give the file that check --certificate wrote",
  },
  CostNotAgreed: {
    means: "a run that may cost more than --confirm-above was not agreed to",
    effect: "not-begun",
    advice: "agree at the terminal, or give --yes",
  },
  MissingCredentials: {
    means: "there are no credentials",
    effect: "run-halted",
    advice: "set TENCENTCLOUD_SECRETID and TENCENTCLOUD_SECRETKEY, or say with --credentials-from where they are",
  },
  SecretUnreadable: {
    means: "a secret that AWS keeps can't be read, or does not hold what it should",
    effect: "run-halted",
    advice: "allow it to be read, or store it as the message says",
  },
  SecretUnreachable: {
    means: "the service that keeps a secret does not answer just now",
    effect: "run-halted",
    advice: "go on later; from within a private network see that it can be reached",
  },
  MalformedSecretId: {
    means: "the secret id holds what no secret id can",
    effect: "not-begun",
    advice: "check the setting that it comes from for a stray character",
  },
  InvalidAddress: { means: "an address is not of the form cos://BUCKET-APPID[/PREFIX]", effect: "not-begun" },
  InvalidBucket: {
    means: "a bucket is not given by its full name",
    effect: "not-begun",
    advice: "give the name with its APPID, like photos-1250000000",
  },
  InvalidRegion: { means: "a region is not one", effect: "not-begun" },
  MissingRegion: {
    means: "a bucket has no region",
    effect: "not-begun",
    advice: "give --region, --source-region or --archive-region",
  },
  InvalidEndpoint: { means: "an endpoint is no address that can be dialled", effect: "not-begun" },
  PlainHttpRefused: {
    means: "an endpoint would be called over plain http",
    effect: "not-begun",
    advice: "use https, or allow the host with --allow-http",
  },
  InvalidProxy: {
    means: "HTTPS_PROXY or HTTP_PROXY is no address of a proxy",
    effect: "not-begun",
    advice: "give one such as http://proxy.example:3128, or unset it",
  },
  PlacesOverlap: {
    means: "of source, archive and ledger one lies in another",
    effect: "not-begun",
    advice: "archive to another bucket, or give both a prefix in such a way that neither begins the other",
  },
  PlacesTaken: {
    means: "another run archives from the same source to the same archive just now",
    effect: "not-begun",
    advice: "wait for it, cancel it, or begin beside it with --beside",
  },
  PlaceNotAllowed: {
    means: "a message names a place, or who is to be told, that the worker's settings do not allow",
    effect: "not-begun",
    advice: "add the place to ORIGINALS_ALLOW of the worker where it is meant",
  },
  InvalidArchiveKey: {
    means: "the template of archive keys has an unknown field, or gives every original the same name",
    effect: "not-begun",
  },
  InvalidRunId: { means: "a run id is not one, or too long", effect: "not-begun" },
  OutUnwritable: { means: "the folder for the report can't be written", effect: "not-begun" },
  InvalidEvent: { means: "an event of the platform can't be read", effect: "not-begun" },
  InvalidArn: { means: "a queue's ARN can't be read", effect: "not-begun" },
  InvalidMessage: { means: "a message is none that this version can work", effect: "not-begun" },
  TimeLimitTooShort: {
    means: "a function that polls a queue has too little time for any message",
    effect: "not-begun",
    advice: "give the function a time limit of 900 s",
  },
  NotWorked: { means: "messages of an event must be delivered again", effect: "not-begun" },
  InvalidQueue: { means: "a queue is not named as memory:, sqs:URL or tdmq:URL", effect: "not-begun" },
  NoSuchQueue: {
    means: "there is no such queue",
    effect: "not-begun",
    advice: "check its URL, its account and its region",
  },
  QueueUnreachable: { means: "the queue can't be reached", effect: "not-begun" },
  QueueRefused: { means: "the queue refuses the request", effect: "not-begun" },
  NotSqsJson: { means: "the queue's endpoint does not speak the SQS JSON protocol", effect: "not-begun" },
  NotTdmqCmq: { means: "the queue's endpoint does not speak the TDMQ for CMQ protocol", effect: "not-begun" },
  PlainHttp: {
    means: "a queue or a webhook would be called over plain http",
    effect: "not-begun",
    advice: "use https, or allow the host with --allow-http",
  },
  UnknownFormat: {
    means: "the format of the manifest is not said, and its name does not tell",
    effect: "not-begun",
    advice: "say it with --format",
  },
  EmptyManifest: { means: "the manifest has no rows", effect: "not-begun" },
  ManifestBinary: { means: "the manifest is no text at all", effect: "not-begun" },
  ManifestChanged: {
    means: "the manifest changed while it was read, or since it was asked for",
    effect: "not-begun",
  },
  ManifestElsewhere: {
    means: "the manifest was a file of another process",
    effect: "not-begun",
    advice: "start the run where it began",
  },
  ManifestEncoding: {
    means: "the manifest is UTF-16 or GBK, not UTF-8",
    effect: "not-begun",
    advice: 'save it as UTF-8; a spreadsheet calls it "CSV UTF-8"',
  },
  ManifestForbidden: {
    means: "the manifest may not be read",
    effect: "not-begun",
    advice: "check the credentials' permissions for it",
  },
  ManifestFormat: { means: "the manifest is in a format that this reader does not read", effect: "not-begun" },
  ManifestFrozen: {
    means: "the manifest is stored in an archive class",
    effect: "not-begun",
    advice: "restore it first",
  },
  ManifestHeader: {
    means: "the first record of a CSV is neither a header nor a row",
    effect: "not-begun",
    advice: "say what it is with --format, or mend the first line",
  },
  ManifestLooksOtherwise: {
    means: "the manifest is said to be one key a line, and its first rows look like something else",
    effect: "not-begun",
    advice: "say what it is with --format, or give the keys alone; keys that do look so are read as JSON lines",
  },
  ManifestPlus: {
    means: "a URL-encoded manifest has a + in one row and a %20 in another: is a + a space, or a plus?",
    effect: "not-begun",
    advice: "write a plus as %2B, and a space as %20 in all rows or as + in all",
  },
  ManifestMissing: { means: "there is no such manifest", effect: "not-begun" },
  ManifestNotArray: { means: "the JSON is no array", effect: "not-begun" },
  ManifestNotAsSaid: {
    means: "not one row can be read in the format that was said",
    effect: "not-begun",
    advice: "say what it is with --format",
  },
  ManifestSyntax: { means: "the JSON is broken in a way that hides where the next row begins", effect: "not-begun" },
  ManifestTooLong: {
    means: "the manifest of --except has more rows than can be kept in mind",
    effect: "not-begun",
    advice: "leave them out by --exclude, or take them out of the manifest itself",
  },
  ManifestUnreadable: { means: "the manifest is damaged or cut-off gzip, or can't be opened", effect: "not-begun" },
  ManifestUnterminated: { means: "the JSON ends before its array does", effect: "not-begun" },
  ManifestUnversioned: {
    means: "the manifest has no ETag, which names the run",
    effect: "not-begun",
    advice: "copy it anew",
  },
  InventoryInvalid: {
    means:
      "the inventory's manifest.json is none, lists files in a format other than CSV, or has versions and does not tell which are the newest",
    effect: "not-begun",
  },
  PartMissing: { means: "the inventory names a file that is not there", effect: "not-begun" },
  PartForbidden: {
    means: "the inventory names a file that may not be read",
    effect: "not-begun",
    advice: "check the credentials' permissions for it",
  },
  PartChanged: { means: "a file of the inventory is not the one it described", effect: "not-begun" },
  HistoryMissing: {
    means:
      "what the archive held at another time can't be told: no --history is given, and its bucket keeps no versions",
    effect: "not-begun",
    advice: "say the --history that the runs had, or leave out --at",
  },
  RestoreUnasked: {
    means: "restore would write where objects are already, or into the source, and nobody agreed to it",
    effect: "not-begun",
    advice: "agree to it with --yes",
  },
  HistoryUnsafe: {
    means:
      "a history is asked for where what is replaced could be lost all the same: in a bucket whose versions are suspended, or of an archive class",
    effect: "not-begun",
    advice: "archive where it is safe, or leave out --history",
  },
  NoSuchRun: { means: "there is no such run in the ledger", effect: "not-begun" },
  RunDiffers: {
    means: "the run exists and was asked something else",
    effect: "not-begun",
    advice: "choose another run id",
  },
  RunEnded: {
    means: "the run is over, and nothing was done",
    effect: "not-begun",
    advice:
      "name each night's run by --run 'nightly-{date}', or take another id; with --if-exists overwrite say --again",
  },
  TooFewRows: {
    means: "a listing found fewer objects than --min-rows asks for",
    effect: "not-begun",
    advice: "check the prefix, or say otherwise with --min-rows",
  },
  NothingInScope: {
    means: "nothing that the run archived is in scope, so nothing would be verified",
    effect: "not-begun",
    advice: "check the globs, sizes and exceptions that were said",
  },
  RunNotPlanned: { means: "the run is still being planned", effect: "not-begun" },
  RunStopped: {
    means: "the run was cancelled or halted",
    effect: "not-begun",
    advice: "let it go on with cos-originals resume",
  },
  NoCap: {
    means: "a run that was begun without a cap is to be resumed with one",
    effect: "not-begun",
    advice: "resume it without --max-cost and --max-bytes",
  },
  NotStopped: {
    means: "the caps of a run that was neither halted nor cancelled are to be changed",
    effect: "not-begun",
    advice: "cancel it first, or wait until it halts",
  },
  LedgerIncomplete: {
    means: "an object of the ledger is missing that another one names, or outcomes that were written are not listed",
    effect: "not-begun",
    advice:
      "try again in some minutes, for a store may list late; where it stays so, find out what deletes from the ledger",
  },
  LedgerUnlisted: {
    means: "the ledger's store does not list what was just written to it",
    effect: "not-begun",
    advice: "record runs elsewhere, by --ledger",
  },
  LedgerUnreadable: {
    means: "an object of the ledger is not one that this version wrote",
    effect: "not-begun",
    advice: "let nothing but cos-originals write there, and use the newest version",
  },
  NewerThanTool: {
    means: "a newer version of cos-originals wrote the message, or what lies in the ledger",
    effect: "not-begun",
    advice: "update the worker or the command line that says so; until then the message is given back",
  },
  DataDirInUse: {
    means: "the emulator's folder is in use",
    effect: "not-begun",
    advice: "stop the other emulator, or name another folder",
  },
  DataDirUnreadable: {
    means: "the emulator's folder is damaged, or another version wrote it",
    effect: "not-begun",
    advice: "remove the folder, or name another",
  },
  InvalidProtection: { means: "a protection setting of the emulator is none", effect: "not-begun" },
  PortInUse: { means: "the port is taken", effect: "not-begun", advice: "choose another --port" },
  UnknownSwitch: { means: "the emulator has no such switch", effect: "not-begun" },
  PackageMissing: {
    means: "a package that is no dependency, and that the command needs for what was asked, is not installed",
    effect: "not-begun",
    advice: "install it where cos-originals is installed",
  },
});
