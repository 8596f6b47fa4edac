/**
 * The least that credentials must be allowed to do in COS, as a CAM policy (access management; its shape is that of document 436/7749). Pure.
 */
import { actionsOf } from "../../vocabulary/permissions.ts";
import type { Need } from "./needs-of.ts";

export interface CamPolicy {
  readonly version: "2.0";
  readonly statement: readonly CamStatement[];
}

export interface CamStatement {
  readonly effect: "allow";
  readonly action: readonly string[];
  readonly resource: readonly string[];
}

/** What is not in COS is not CAM's to allow. Needs of the same operations on whole buckets are one statement. */
export function camPolicy(needs: readonly Need[]): CamPolicy {
  const statements = new Map<string, { readonly action: readonly string[]; readonly resource: Set<string> }>();
  for (const need of needs) {
    if (need.bucket.store !== undefined) continue;
    const action = actionsOf("cos", need.operations).map((name) => `name/${name}`);
    const resource = resourceOf(need);
    const name = need.on.kind === "bucket" ? action.join() : `${action.join()} ${resource}`;
    const known = statements.get(name);
    if (known === undefined) statements.set(name, { action, resource: new Set([resource]) });
    else known.resource.add(resource);
  }
  const statement = [...statements.values()].map(({ action, resource }) => ({
    effect: "allow" as const,
    action,
    resource: [...resource],
  }));
  return { version: "2.0", statement };
}

/** `uid/` takes the APPID, the digits that end a bucket's name. */
function resourceOf({ bucket: { bucket, region }, on }: Need): string {
  const account = `${region}:uid/${bucket.slice(bucket.lastIndexOf("-") + 1)}`;
  switch (on.kind) {
    case "images":
      return `qcs::ci:${account}:bucket/${bucket}/*`;
    case "key":
      return `qcs::cos:${account}:${bucket}/${on.key}`;
    case "below":
      return `qcs::cos:${account}:${bucket}/${on.prefix}*`;
    case "bucket":
      return `qcs::cos:${account}:${bucket}/*`;
  }
}
