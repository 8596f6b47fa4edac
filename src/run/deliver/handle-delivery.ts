/**
 * What a worker does with a message, whichever door it came through. A manifest message of at most one shard is planned,
 * archived and finalized in the same delivery; any larger one is written down and moved on by reconcile messages.
 */

import { createMd5Trust } from "../../archive/proof/md5-trust.ts";
import { createPace } from "../../archive/shard/pace/pace.ts";
import { createRunWatch, type RunWatch } from "../../archive/shard/run-watch.ts";
import { createMetadataTrust } from "../../archive/task/metadata-trust.ts";
import { closedSink, type OpenSink } from "../../events/sink.ts";
import { isBucketError } from "../../objects/error.ts";
import { isAllowedTarget, targetName } from "../../policy/event-target.ts";
import { type Company, largestTold, type Told } from "../../policy/fair-share.ts";
import { streakLimit } from "../../policy/streaks.ts";
import { ensureError, RefusedError, UserError } from "../../vocabulary/errors.ts";
import { restoresPerSecond } from "../../vocabulary/limits.ts";
import { withFields } from "../../vocabulary/log.ts";
import { isNewerThanTool } from "../../vocabulary/newer.ts";
import type { Answer, Delivery, HandleDelivery, Invocation, Sender } from "../messages/delivery.ts";
import { type Message, readMessage } from "../messages/messages.ts";
import { checkAllowed, checkTargets, type NamedPlaces, targetNotAllowed } from "../places/allowed.ts";
import { historyRange } from "../places/places-apart.ts";
import { defaultLedger } from "../surroundings/open-ledger.ts";
import type { Surroundings } from "../surroundings/surroundings.ts";
import { handleManifest } from "./handle-manifest.ts";
import { handleReconcile } from "./handle-reconcile.ts";
import { tellRefused } from "./tell-refused.ts";
import { type ShardWorker, workShard } from "./work-shard.ts";

/** After a failure that is nobody's fault but the network's. */
const FAILED_DELAY_SECONDS = 30;
/** What a newer worker is to take: often enough for it, seldom enough for a queue that counts how often a message was received. */
const NEWER_DELAY_SECONDS = 300;

export function createShardWorker(surroundings: Surroundings): ShardWorker {
  const { clock, random, log, settings } = surroundings;
  const watches = new Map<string, RunWatch>();
  const trusts = new Map<string, ReturnType<ShardWorker["trust"]>>();
  const maxInstances = settings.maxInstances ?? 1;
  const pace = createPace({ ...settings, restores: restoresPerSecond / maxInstances, clock, random, log });
  const told = new Map<string, Told>();
  const onCompany = (run: string, company: Company) => {
    const at = clock.elapsed();
    told.set(run, { company, at });
    const largest = largestTold(told.values(), at);
    if (largest !== undefined) pace.shareWith(largest.company);
  };
  return {
    surroundings,
    pace,
    trust(bucket) {
      const contradicted = (by: "reply" | "head") =>
        log.warn(
          by === "reply"
            ? "The findings say that originImage brings no metadata, and it does: make them anew."
            : "The findings say that a HEAD of a protected image is refused, and it is not: make them anew.",
          { bucket },
        );
      const deaf = () =>
        log.warn("HEADs are refused, as the findings say: metadata are what originImage's replies bring.", { bucket });
      const trust = trusts.get(bucket) ?? {
        md5Trust: createMd5Trust(),
        metadataTrust: createMetadataTrust({ ...settings.found, contradicted, deaf }),
      };
      trusts.set(bucket, trust);
      return trust;
    },
    runs: new Map(),
    openSink: surroundings.openSink ?? noSink,
    watch(id) {
      const known = watches.get(id);
      // Who was refused alone may have been cured since.
      if (known !== undefined && !known.sick.signal.aborted) return known;
      const watch = createRunWatch({
        clock,
        random,
        limit: streakLimit(maxInstances),
        onCompany: maxInstances > 1 ? (company) => onCompany(id, company) : undefined,
      });
      watches.set(id, watch);
      return watch;
    },
  };
}

const noSink: OpenSink = (_, target) => closedSink(targetName(target), "this process sends no events");

/** The same, for messages that others send: they may name no other places, nor have events sent elsewhere, than the settings allow. */
export function createQueueWorker(surroundings: Surroundings): ShardWorker {
  const { allow = [], allowTargets = [] } = surroundings.settings;
  const worker = createShardWorker(surroundings);
  return {
    ...worker,
    allow,
    allowTargets,
    // Of a run that is in the ledger already: its rows are worked all the same.
    openSink: (role, target) =>
      isAllowedTarget(allowTargets, role, target)
        ? worker.openSink(role, target)
        : closedSink(targetName(target), targetNotAllowed(allowTargets, role, target).replace(/\.$/, "")),
  };
}

/**
 * What works a queue's messages in this process: a manifest message of at most one shard is planned, archived and finalized in one
 * call; of a larger one, what is left goes on through the sender. The answer says what to tell the queue about the message; a fault of
 * a message, a store or the settings is an answer too, and nothing is thrown for it.
 *
 * @example
 * ```ts
 * import { createDeliveryHandler, jsonLog, readSettings, surroundingsFromSettings, systemClock } from "cos-originals";
 *
 * const world = { environment: process.env, clock: systemClock, random: Math.random, log: jsonLog() };
 * const surroundings = surroundingsFromSettings(readSettings({ environment: process.env }), world);
 * const handle = createDeliveryHandler(surroundings);
 *
 * const body = JSON.stringify({
 *   v: 1,
 *   type: "manifest",
 *   source: { bucket: "photos-1250000000", region: "ap-guangzhou" },
 *   archive: { bucket: "archive-1250000000", region: "ap-guangzhou" },
 *   keys: ["2026/picture.jpg"],
 * });
 * const sent: string[] = [];
 * const sender = { send: async (message: string) => void sent.push(message) };
 * const answer = await handle({ body, deadline: systemClock.elapsed() + 900_000 }, sender);
 * console.log(answer.kind, sent.length); // prints acknowledge 0
 * await surroundings.close();
 * ```
 */
export function createDeliveryHandler(surroundings: Surroundings): HandleDelivery {
  return deliveryHandlerOf(createQueueWorker(surroundings));
}

/** The same, of a worker that its maker looks into as well. */
export function deliveryHandlerOf(worker: ShardWorker): HandleDelivery {
  return async (delivery, sender) => {
    try {
      return await workDelivery(delivery, sender, worker);
    } catch (thrown) {
      return answerTo(ensureError(thrown));
    }
  };
}

/** Rejects with what went wrong, for who has another answer to it. */
export async function workDelivery(delivery: Delivery, sender: Sender, ofProcess: ShardWorker): Promise<Answer> {
  const worker = withinInvocation(ofProcess, delivery.invocation);
  const message = readMessage(delivery.body);
  if ("nothing" in message) {
    worker.surroundings.log.info("A message asks for nothing and is deleted.", {
      messageId: delivery.messageId,
      what: message.nothing,
    });
    return { kind: "acknowledge" };
  }
  switch (message.type) {
    case "manifest":
      try {
        checkAllowed(worker.allow, namedBy(message));
        checkTargets(worker.allowTargets, message.options);
        return await handleManifest(message, delivery, sender, worker);
      } catch (thrown) {
        await tellRefused(message, delivery, ensureError(thrown), worker);
        throw thrown;
      }
    case "shard":
      checkAllowed(worker.allow, namedBy(message));
      return workShard(message, delivery, sender, worker);
    case "reconcile":
      checkAllowed(worker.allow, namedBy(message));
      return handleReconcile(message, delivery, sender, worker);
  }
}

/** Says in the log, and to the meter, which invocation it is: a function's process may have several at once. */
function withinInvocation(worker: ShardWorker, invocation: Invocation | undefined): ShardWorker {
  if (invocation === undefined) return worker;
  const { requestId, meter } = invocation;
  const ofProcess = worker.surroundings.log;
  const log = requestId === undefined ? ofProcess : withFields(ofProcess, { requestId });
  return { ...worker, surroundings: { ...worker.surroundings, log, meter } };
}

function namedBy(message: Message): NamedPlaces {
  if (message.type !== "manifest") return { ledger: message.ledger };
  const { source, archive, ledger = defaultLedger(archive), manifest, except, options } = message;
  const its = manifest && { manifest: { bucket: manifest.bucket, prefix: manifest.key } };
  const out = except && { except: { bucket: except.bucket, prefix: except.key } };
  const kept = options?.history === undefined ? undefined : { history: historyRange(archive, options.history) };
  return { source, archive, ledger, ...its, ...out, ...kept };
}

/**
 * What a UserError says of this worker or of the ledger, not of the message: rejected for it, the whole queue would be among the
 * dead letters as soon as one worker came up with the wrong settings.
 */
const notOfTheMessage = new Set([
  "InvalidEndpoint",
  "LedgerIncomplete",
  "LedgerUnreadable",
  "MalformedSecretId",
  "ManifestForbidden",
  "MissingCredentials",
  "MissingRegion",
  "MissingSetting",
  "NotSqsJson",
  "NotTdmqCmq",
  "PartForbidden",
  "PlainHttp",
  "PlainHttpRefused",
  "SecretUnreadable",
]);

/** What can never be worked is rejected, what can't be worked here refused; what may work later is given back. The door logs each (deliver.ts). */
export function answerTo(error: Error): Answer {
  const reason = error.message;
  if (error instanceof RefusedError) return { kind: "refuse", reason };
  if (isNewerThanTool(error)) return { kind: "give-back", delaySeconds: NEWER_DELAY_SECONDS, reason, newer: true };
  if (error instanceof UserError && error.code === "SecretUnreachable")
    return { kind: "give-back", delaySeconds: FAILED_DELAY_SECONDS, reason };
  if (error instanceof UserError) return { kind: notOfTheMessage.has(error.code) ? "refuse" : "reject", reason };
  if (!isBucketError(error)) return { kind: "give-back", delaySeconds: 4 * FAILED_DELAY_SECONDS, reason };
  // What a store refuses for good (a bucket that is not there, a key that it does not take) no delay mends.
  return error.retryable
    ? { kind: "give-back", delaySeconds: FAILED_DELAY_SECONDS, reason }
    : { kind: "refuse", reason };
}
