/** Codes that this project gives to the outcome of a row. */
import { entries } from "./entry.ts";

export const rowCodes = entries({
  InvalidRow: {
    means: "the row of the manifest names no key that can be archived",
    effect: "row-over",
    ofRow: true,
    advice: "mend the row at the line and column that the message names",
  },
  Duplicate: {
    means: "an earlier row of the manifest is the same original under the same archive key",
    effect: "row-over",
    ofRow: true,
  },
  ArchiveKeyCollision: {
    means: "an earlier row, of another original, has the same archive key",
    effect: "row-over",
    ofRow: true,
    advice: "choose a template with {key} or {dir} in it, or give the row an archiveKey of its own",
  },
  ArchiveKeyInSource: {
    means: "the archive key lies in the source, where it could overwrite an original",
    effect: "row-over",
    advice: "archive to another bucket or prefix, or give the row another archiveKey",
  },
  ArchiveKeyInLedger: {
    means: "the archive key lies in a ledger, this run's or another's",
    effect: "row-over",
    advice: "archive under another prefix or template, or give the row another archiveKey",
  },
  Unchanged: {
    means: "by listings the archive holds this original already, or something under --if-exists keep",
    effect: "row-over",
  },
  AlreadyArchived: { means: "the archive holds this original already", effect: "row-over" },
  Kept: { means: "the archive key is taken, and --if-exists keep leaves it as it is", effect: "row-over" },
  Changed: {
    means: "the source had changed since the manifest was made, and was archived as it is now",
    effect: "noted",
  },
  ArchiveKeyExists: {
    means: "the archive key is taken by another object, and --if-exists fail leaves it as it is",
    effect: "row-over",
    ofRow: true,
    advice: "archive under another prefix or template, or with --if-exists skip",
  },
  HistoryImpossible: {
    means: "what the archive holds under the key can't be copied to the history first, so nothing was put",
    effect: "row-over",
    ofRow: true,
    advice: "mend what the message names, then redrive the run",
  },
  ArchiveMismatch: {
    means: "the archive says that it stored other bytes than were sent",
    effect: "row-over",
    advice: "redrive the run; if it happens again, tell the service, with the request id",
  },
  ArchiveMissing: {
    means: "two attempts archived different bytes under one key, and the archive has none of them now",
    effect: "row-over",
    advice: "find out what deletes from the archive, then redrive the run",
  },
  NoProof: {
    means: "nothing but the reply itself tells what the original is, so its bytes can't be proven",
    effect: "row-over",
    advice: "let --proof accept what the bucket tells: crc64, or size for its length alone",
  },
  VersionIgnored: {
    means: "originImage brought another version than the row's versionId names",
    effect: "row-over",
    advice: "archive the newest versions alone: leave versionId out of the manifest",
  },
  NotTheOriginal: {
    means: "what was fetched, twice, is not the original: perhaps a placeholder of the bucket's 4xx image setting",
    effect: "row-over",
    advice: "look at the key with cos-originals doctor --key, and at the bucket's 4xx image setting",
  },
  PlaceholderReply: {
    means:
      "instead of the original came a placeholder of the bucket's 4xx image setting (X-ErrNo -6101), though a HEAD finds the object",
    effect: "refused",
    advice: "set the bucket's 4xx image setting to Return code, which tells why, then redrive the run",
    told: true,
  },
  SlimmedReply: {
    means: "Smart Compression sent smaller bytes than the original's under its ETag (X-SlimFlag)",
    effect: "refused",
    advice: "end the bucket's Smart Compression, or set its mode from Auto to API, then redrive the run",
    told: true,
  },
  SourceChanged: {
    means: "the source changed since the manifest was made, or each time that it was fetched",
    effect: "row-over",
    ofRow: true,
    advice: "make the manifest anew, or archive what is there with --if-changed archive",
  },
  RetriesExhausted: {
    means: "every try that --max-attempts allows has failed; the message tells the last one",
    effect: "row-over",
    ofRow: true,
    advice: "mend what the message names, then redrive the run",
  },
  BeingRestored: {
    means: "the original is being restored from its archive class, and is looked at again when that may be over",
    effect: "retried",
  },
  Started: { means: "the row is tried alone, because a process died while it was worked", effect: "retried" },
  Interrupted: { means: "the work was to stop, or had no time left, before the row was over", effect: "retried" },
  OnTrial: {
    means: "nothing of the run was archived yet, and enough rows were fetched in vain",
    effect: "retried",
  },
  CapReached: {
    means:
      "what the shard may spend of --max-cost and --max-bytes is used up; it goes on where the cap has room for more",
    effect: "retried",
  },
  OutOfTime: {
    means: "the time of the delivery was over while the original was on its way",
    effect: "retried",
    advice: "give the function more time, or more of a processor",
  },
  ProgramFault: {
    means: "a fault in cos-originals",
    effect: "retried",
    advice: "report it, with the message",
  },
});
