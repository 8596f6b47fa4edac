/**
 * The least that credentials must be allowed to do for a run in COS, as a CAM policy (access management; its shape is that of document
 * 436/7749). Pure.
 */
import { actionsOf, type Operation } from "../../vocabulary/permissions.ts";
import type { Place } from "../messages/messages.ts";
import { type NeedsOfRun, operationsOf } from "./operations-of-run.ts";

export interface CamPolicy {
  readonly version: "2.0";
  readonly statement: readonly CamStatement[];
}

export interface CamStatement {
  readonly effect: "allow";
  readonly action: readonly string[];
  readonly resource: readonly string[];
}

export function camPolicy({ source, archive, ledger, manifest, restores, history }: NeedsOfRun): CamPolicy {
  // What is not in COS is not CAM's to allow.
  const inCos = [source, archive, ledger].filter(({ store }) => store === undefined);
  const ofSource = [...operationsOf.source, ...(restores === true ? operationsOf.restoring : [])];
  const statement = [allow(ofSource, below(source))];
  if (archive.store === undefined) {
    const copied = history === undefined ? [] : operationsOf.copied;
    statement.push(allow([...operationsOf.archive, ...copied], below(archive)));
    if (history !== undefined) statement.push(allow(operationsOf.history, below({ ...archive, prefix: history })));
  }
  if (ledger.store === undefined) statement.push(allow(operationsOf.ledger, below(ledger)));
  if (manifest !== undefined)
    statement.push(
      allow(operationsOf.source, manifest.isInventory ? whole(manifest) : resource(manifest, manifest.key)),
    );
  // Not for --list alone: where listing is not allowed COS may say 403 of a key that does not exist, and a missing original, or
  // one that is not archived yet, would be taken for a refusal.
  const listed = new Set(inCos.map(whole));
  statement.push(allow(["list"], ...listed));
  return { version: "2.0", statement };
}

function allow(operations: readonly Operation[], ...resources: readonly string[]): CamStatement {
  const action = actionsOf("cos", operations).map((name) => `name/${name}`);
  return { effect: "allow", action, resource: resources };
}

type InBucket = Pick<Place, "bucket" | "region">;

const below = (place: Place) => resource(place, `${place.prefix}*`);
const whole = (bucket: InBucket) => resource(bucket, "*");

/** `uid/` takes the APPID, the digits that end a bucket's name. */
function resource({ bucket, region }: InBucket, key: string): string {
  return `qcs::cos:${region}:uid/${bucket.slice(bucket.lastIndexOf("-") + 1)}:${bucket}/${key}`;
}
