/** POST Object restore (document 436/12633): a copy that can be read, from some time after it was asked for, for some days. */
import { isArchiveClass, longestRestoreMs, type RestoreTier, restoreTiers } from "../../vocabulary/choices.ts";
import { mostRestoreDays } from "../../vocabulary/limits.ts";
import { type BucketExchange, emptyReply, parameter, type Reply } from "../protocol/exchange.ts";
import { restoring } from "../protocol/object-headers.ts";
import { receiveDocument } from "../protocol/receive-body.ts";
import { refusal } from "../protocol/refusal.ts";
import { children, parseXml, textOf } from "../protocol/request-xml.ts";
import { findObject } from "./read-object.ts";

const DAY_MS = 86_400_000;

export async function restoreObject(exchange: BucketExchange): Promise<Reply> {
  const { bucket, address, switches, now } = exchange;
  const { days, tier } = asked(await receiveDocument(exchange));
  const object = findObject(exchange, address.key, parameter(exchange, "versionId"));
  const { storageClass } = object;
  if (storageClass === undefined || !isArchiveClass(storageClass)) throw refusal("RestoreNonArchiveObject");
  const longest = longestRestoreMs(storageClass, tier);
  if (longest === undefined) {
    // Which refusal it is no document says.
    throw refusal("InvalidArgument", { message: `The tier ${tier} is not one of the class ${storageClass}.` });
  }
  switch (restoring(object, now)) {
    case "ongoing":
      throw refusal("RestoreAlreadyInProgress");
    case "restored":
      bucket.put({ ...object, restore: { from: object.restore?.from ?? now, until: now + days * DAY_MS } });
      return emptyReply(200);
    case undefined: {
      const from = now + (switches.restoreSeconds === null ? longest : switches.restoreSeconds * 1000);
      bucket.put({ ...object, restore: { from, until: from + days * DAY_MS } });
      return emptyReply(202);
    }
  }
}

function asked(body: Buffer): { readonly days: number; readonly tier: RestoreTier } {
  if (body.length === 0) throw refusal("MissingRequestBodyError");
  const request = parseXml(body, "RestoreRequest");
  const days = Number(textOf(request, "Days").trim());
  if (!Number.isInteger(days) || days < 1 || days > mostRestoreDays) {
    throw refusal("InvalidArgument", { message: `Days must be a whole number from 1 to ${mostRestoreDays}.` });
  }
  const [parameters] = children(request, "CASJobParameters");
  const named = parameters === undefined ? "Standard" : textOf(parameters, "Tier").trim();
  const tier = restoreTiers.find((known) => known === named);
  if (tier === undefined) throw refusal("InvalidArgument", { message: `The tier ${named} does not exist.` });
  return { days, tier };
}
