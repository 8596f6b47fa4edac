/** A manifest message: a run is asked for. */

import type { RowsSource, RunRequest } from "../../ledger/plan/request.ts";
import { readRun } from "../../ledger/plan/run-document.ts";
import { runOptionsSchema } from "../../ledger/plan/run-options.ts";
import { readSummary } from "../../ledger/report/summary.ts";
import { detectFormat } from "../../manifest/format.ts";
import { withRetries } from "../../objects/retrying.ts";
import { checkTemplate } from "../../policy/archive-key.ts";
import { quote, UserError } from "../../vocabulary/errors.ts";
import { toolVersion } from "../../vocabulary/version.ts";
import type { Answer, Delivery, Sender } from "../messages/delivery.ts";
import type { ManifestMessage, ReconcileMessage } from "../messages/messages.ts";
import { checkManifest } from "../plan/check-manifest.ts";
import { claimRun, deriveRunId, digestOf } from "../plan/claim.ts";
import { isRow, type PlanEntries, type PlanEntry } from "../plan/entry.ts";
import { headOf, needsHead } from "../plan/manifest-head.ts";
import { writePlan } from "../plan/plan.ts";
import { manifestTrouble, rowsOf } from "../plan/rows.ts";
import { remindUnfinished } from "../reconcile/unfinished-runs.ts";
import { defaultLedger, openLedger } from "../surroundings/open-ledger.ts";
import type { Surroundings } from "../surroundings/surroundings.ts";
import { handleReconcile } from "./handle-reconcile.ts";
import { type ShardWorker, workShard } from "./work-shard.ts";

export { defaultLedger };

export async function handleManifest(
  message: ManifestMessage,
  delivery: Delivery,
  sender: Sender,
  worker: ShardWorker,
): Promise<Answer> {
  const { surroundings } = worker;
  const place = message.ledger ?? defaultLedger(message.archive);
  if (message.scheduledAt !== undefined) await remindUnfinished(place, delivery.deadline, sender, surroundings);
  const request = await requestOf(message, surroundings);
  checkTemplate(request.options.archiveKey);
  const ledger = openLedger(place, request.run, surroundings);
  const reconcile: ReconcileMessage = { v: 1, type: "reconcile", ledger: place, run: request.run };

  let run = await readRun(ledger);
  if (run === undefined) {
    const { entries, whole } = await peek(rowsOf(request, surroundings, { ledger: place }), request.options.shardSize);
    await checkManifest(entries(), request);
    const ruling = await claimRun(ledger, request);
    if (!whole) {
      await sender.send(JSON.stringify(reconcile));
      return { kind: "acknowledge" };
    }
    run = await writePlan(entries(), ruling, { ledger, place, clock: surroundings.clock, random: surroundings.random });
  } else {
    await claimRun(ledger, request);
    if ((await readSummary(ledger))?.state === "complete") return { kind: "acknowledge" };
  }
  if (run.shards > 1) {
    await sender.send(JSON.stringify(reconcile));
    return { kind: "acknowledge" };
  }
  if (run.shards === 1) {
    const shard = { v: 1, type: "shard", ledger: place, run: run.run, plan: run.plan, shard: 0, seq: 0 } as const;
    let handedOver = false;
    const watching: Sender = {
      async send(body, delaySeconds) {
        await sender.send(body, delaySeconds);
        handedOver = true;
      },
    };
    const answer = await workShard(shard, delivery, watching, worker);
    if (answer.kind !== "acknowledge") return answer;
    if (handedOver) {
      await sender.send(JSON.stringify(reconcile), 5);
      return answer;
    }
  }
  return handleReconcile(reconcile, delivery, sender, worker);
}

async function requestOf(message: ManifestMessage, surroundings: Surroundings): Promise<RunRequest> {
  const rows = await rowsSourceOf(message, surroundings);
  const asked = {
    source: message.source,
    archive: message.archive,
    rows,
    options: runOptionsSchema.parse(message.options ?? {}),
  };
  return {
    schema: "cos-originals/request@1",
    run:
      message.run ??
      (message.scheduledAt === undefined ? deriveRunId(asked) : scheduledRun(message.scheduledAt, asked)),
    ...asked,
    askedAt: new Date(surroundings.clock.now()).toISOString(),
    tool: toolVersion,
  };
}

/**
 * A scheduled run is named by its time, so that tonight's is another than last night's, and by what is asked, so that two
 * schedules of one moment may share a ledger.
 */
export function scheduledRun(scheduledAt: string, asked: Parameters<typeof deriveRunId>[0]): string {
  const time = new Date(scheduledAt).toISOString().replace(/[-:]|\.\d+/g, "");
  return `${asked.rows.kind}-${time}-${deriveRunId(asked).slice(2, 10)}`;
}

async function rowsSourceOf(
  { manifest, keys, prefix, source }: ManifestMessage,
  surroundings: Surroundings,
): Promise<RowsSource> {
  if (keys !== undefined) return { kind: "inline", digest: digestOf(keys), keys };
  if (prefix !== undefined) return { kind: "listing", prefix: listedPrefix(prefix, source.prefix) };
  if (manifest === undefined) throw new Error("the schema lets no message pass without rows");
  const { bucket, region, key, keyEncoding } = manifest;
  const name = `cos://${bucket}/${key}`;
  let format = manifest.format ?? detectFormat(key);
  if (format === undefined) {
    throw new UserError(
      "UnknownFormat",
      `The manifest ${quote(name)} has no format that its name tells; say it in manifest.format.`,
    );
  }
  const opened = surroundings.open("manifest", manifest);
  let etag: string | undefined;
  try {
    etag = (await withRetries(() => opened.head(key), surroundings)).etag;
    if (manifest.format === undefined && needsHead(key)) {
      format = detectFormat(key, await headOf(opened, key, surroundings)) ?? format;
    }
  } catch (error) {
    throw manifestTrouble(error, name);
  }
  if (etag === undefined) {
    throw new UserError(
      "ManifestUnversioned",
      `The manifest ${quote(name)} has no ETag, which names the run; copy it anew.`,
    );
  }
  return {
    kind: "object",
    bucket,
    region,
    key,
    etag,
    format,
    ...(keyEncoding === undefined ? undefined : { keyEncoding }),
  };
}

/** Both are the beginning of whole keys, and only keys that begin with both are listed. */
function listedPrefix(asked: string, allowed: string): string {
  if (asked.startsWith(allowed)) return asked;
  if (allowed.startsWith(asked)) return allowed;
  throw new UserError(
    "InvalidMessage",
    `The manifest message lists ${quote(asked)}, but no key that begins so lies below the source prefix ${quote(allowed)}; say the whole beginning of the keys.`,
  );
}

/** Reads on until it is known whether there is more than one shard. What was read comes again in `entries`. */
async function peek(
  source: PlanEntries,
  shardSize: number,
): Promise<{ readonly entries: () => PlanEntries; readonly whole: boolean }> {
  const iterator = source[Symbol.asyncIterator]();
  const batches: (readonly PlanEntry[])[] = [];
  let rows = 0;
  let ended = false;
  while (rows <= shardSize) {
    const next = await iterator.next();
    if (next.done) {
      ended = true;
      break;
    }
    batches.push(next.value);
    for (const entry of next.value) if (isRow(entry)) rows++;
  }
  if (!ended) await iterator.return?.();
  async function* entries() {
    yield* batches;
  }
  return { entries, whole: ended };
}
