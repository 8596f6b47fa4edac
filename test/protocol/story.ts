/** What a search is about: a small run, its workers, and how much may go wrong on one path. */
import { createHash } from "node:crypto";
import { paths } from "../../src/ledger/layout.ts";
import { requestSchema } from "../../src/ledger/plan/request.ts";
import { runOptionsSchema } from "../../src/ledger/plan/run-options.ts";
import { runPrefix } from "../../src/ledger/runs.ts";
import type { Place } from "../../src/run/messages/messages.ts";
import { digestOf } from "../../src/run/plan/new-request.ts";
import { reconcileMessage } from "../../src/run/reconcile/cancel-resume.ts";

export interface Story {
  readonly name: string;
  readonly workers: number;
  /** Where it begins: with the manifest message, or with the shards planned and their messages sent. */
  readonly begins: "manifest" | "shards";
  /** Is the reconcile message that comes round to be seen beside the shards at once, or only after its five seconds? */
  readonly reconcile: "early" | "in time";
  readonly shardSize: number;
  /** Tasks at once in one process. */
  readonly concurrency: number;
  /** `overwrite` leaves all to the ledger: the archive is not asked first, unless an attempt crashed. */
  readonly ifExists: "skip" | "overwrite";
  /** How long the delivery of a shard may work, ms. */
  readonly limitMs: number;
  /** Fetches a second of one process; no limit where absent. */
  readonly rate?: number;
  /**
   * The run begins on trial, and this row's fetch is refused. Other runs are no longer on trial: that would only be as many stories
   * again.
   */
  readonly refused?: string;
  /** This row's original is in an archive class, as the row says; the run restores it, which takes so long, ms. */
  readonly cold?: { readonly key: string; readonly restoreMs: number };
  /** Does a later delivery have a larger id than an earlier, or, on a clock that is behind, a smaller one? */
  readonly laterIds: "larger" | "smaller";
}

/** On one path from the beginning. */
export interface Bounds {
  /** Processes that die. */
  readonly crashes: number;
  /** Deliveries of what is worked already, or of what was deleted. */
  readonly duplicates: number;
  /** May a write of a process that died arrive later? */
  readonly lateWrites: boolean;
  /** Times that stores and queue hold still while a heartbeat, or an attempt's life, goes by. */
  readonly stalls: number;
}

export const RUN = "searched";
export const ledgerPrefix = runPrefix("", RUN);
const region = "ap-guangzhou";
const place = (bucket: string): Place => ({ bucket: `${bucket}-1250000000`, region, prefix: "" });

/** Two originals, as small as they can be, of names that a protection can cover. */
export const originals: ReadonlyMap<string, Buffer> = new Map([
  ["a.png", Buffer.from("A")],
  ["b.png", Buffer.from("B")],
]);
export const rows = [...originals].map(([key, bytes]) => ({
  key,
  size: bytes.length,
  etag: createHash("md5").update(bytes).digest("hex"),
}));
const rowsOf = ({ cold }: Story) =>
  rows.map((row) => (row.key === cold?.key ? { ...row, storageClass: "ARCHIVE" } : row));

export const startedAt = Date.UTC(2026, 0, 1);

const asked = (story: Story) => ({
  source: place("source"),
  archive: place("archive"),
  options: {
    shardSize: story.shardSize,
    ifExists: story.ifExists,
    ...(story.cold === undefined ? undefined : { archivedClass: "restore" as const }),
  },
});

/** The first message. */
export function firstMessage(story: Story): string {
  const manifest = { v: 1, type: "manifest", run: RUN, ledger: place("ledger"), keys: rowsOf(story), ...asked(story) };
  return story.begins === "manifest" ? JSON.stringify(manifest) : reconcileMessage(place("ledger"), RUN);
}

/** What lies in the ledger before it, by path. */
export function firstObjects(story: Story): ReadonlyMap<string, Buffer> {
  const archived: readonly (readonly [string, Buffer])[] =
    story.refused === undefined ? [[ledgerPrefix + paths.firstArchived, Buffer.from("{}")]] : [];
  if (story.begins === "manifest") return new Map(archived);
  const { source, archive, options } = asked(story);
  const request = requestSchema.parse({
    schema: "cos-originals/request@1",
    run: RUN,
    source,
    archive,
    rows: { kind: "inline", digest: digestOf(rowsOf(story)), keys: rowsOf(story) },
    options: runOptionsSchema.parse(options),
    askedAt: new Date(startedAt).toISOString(),
    tool: "test",
  });
  return new Map([...archived, [ledgerPrefix + paths.request, Buffer.from(JSON.stringify(request))]]);
}

const oneShard: Story = {
  name: "one shard",
  workers: 2,
  begins: "shards",
  reconcile: "early",
  shardSize: 2,
  concurrency: 2,
  ifExists: "skip",
  limitMs: 900_000,
  laterIds: "larger",
};

export const stories: readonly Story[] = [
  oneShard,
  { ...oneShard, name: "one shard, reconciled in time", reconcile: "in time" },
  { ...oneShard, name: "one shard, its later deliveries on clocks that are behind", laterIds: "smaller" },
  // The archive is not asked first, so that the ledger alone keeps a row from being fetched again.
  {
    ...oneShard,
    name: "one shard, row by row, by the ledger alone",
    reconcile: "in time",
    concurrency: 1,
    ifExists: "overwrite",
  },
  // In the time of one delivery a process may fetch one row, and hands the other over.
  { ...oneShard, name: "one shard, handed over", reconcile: "in time", concurrency: 1, limitMs: 9_000, rate: 0.05 },
  { ...oneShard, name: "two shards of one row", shardSize: 1 },
  {
    ...oneShard,
    name: "two shards of one row, on trial",
    reconcile: "in time",
    shardSize: 1,
    concurrency: 1,
    refused: "a.png",
  },
  { ...oneShard, name: "the whole run in one message", begins: "manifest" },
  // One row sleeps until its original is restored, in the ledger alone, and is looked at twice.
  {
    ...oneShard,
    name: "one shard, of which one row is restored",
    reconcile: "in time",
    concurrency: 1,
    ifExists: "overwrite",
    cold: { key: "b.png", restoreMs: 8_000 },
  },
];

export function storyOf(name: string): Story {
  const story = stories.find((one) => one.name === name);
  if (story === undefined) throw new Error(`there is no story ${JSON.stringify(name)}`);
  return story;
}

export const nothingWrong: Bounds = { crashes: 0, duplicates: 0, stalls: 0, lateWrites: true };

/** `≤1 crash, ≤1 duplicate` */
export function boundsText({ crashes, duplicates, stalls, lateWrites }: Bounds): string {
  const most = (count: number, one: string, more: string) =>
    count === 0 ? [] : [`≤${count} ${count === 1 ? one : more}`];
  const said = [
    ...most(crashes, "crash", "crashes"),
    ...(crashes > 0 && !lateWrites ? ["nothing arrives late"] : []),
    ...most(duplicates, "duplicate", "duplicates"),
    ...most(stalls, "stall", "stalls"),
  ];
  return said.length === 0 ? "nothing goes wrong" : said.join(", ");
}
