/**
 * The least that credentials must be allowed to do for what lies in S3, as an IAM policy (IAM User Guide, "Policies and
 * permissions"; Service Authorization Reference, "Actions, resources, and condition keys for Amazon S3"). Pure.
 */
import { actionsOf } from "../../vocabulary/permissions.ts";
import type { Place } from "../messages/messages.ts";
import type { Need } from "./needs-of.ts";

export interface IamPolicy {
  readonly Version: "2012-10-17";
  readonly Statement: readonly IamStatement[];
}

export interface IamStatement {
  readonly Effect: "Allow";
  readonly Action: readonly string[];
  readonly Resource: readonly string[];
}

/**
 * Undefined where nothing lies in S3. A bucket that may not be listed answers 403 of a key that is not there, which would be taken for a
 * refusal: so all that are named are listed too. Needs of the same operations on whole buckets are one statement.
 */
export function iamPolicy(needs: readonly Need[]): IamPolicy | undefined {
  const statements = new Map<string, { readonly actions: readonly string[]; readonly resources: Set<string> }>();
  for (const { operations, bucket, on } of needs) {
    if (bucket.store !== "s3" || on.kind === "images") continue;
    const actions = actionsOf("s3", operations);
    const resource = on.kind === "bucket" ? arnOf(bucket) : `${arnOf(bucket)}/${keysOf(on)}`;
    const name = on.kind === "bucket" ? actions.join() : `${actions.join()} ${resource}`;
    const known = statements.get(name);
    if (known === undefined) statements.set(name, { actions, resources: new Set([resource]) });
    else known.resources.add(resource);
  }
  if (statements.size === 0) return undefined;
  const Statement = [...statements.values()].map(({ actions, resources }) => allow(actions, [...resources]));
  return { Version: "2012-10-17", Statement };
}

const keysOf = (on: Exclude<Need["on"], { readonly kind: "bucket" | "images" }>): string =>
  on.kind === "key" ? literally(on.key) : `${literally(on.prefix)}*`;

const allow = (actions: readonly string[], resources: readonly string[]): IamStatement => ({
  Effect: "Allow",
  Action: actions,
  Resource: resources,
});

/** A star and a question mark are wildcards there, and `${` begins a variable: of a prefix they stand for themselves. */
const literally = (prefix: string): string => prefix.replace(/[*?$]/g, (character) => `\${${character}}`);

const arnOf = ({ bucket, region }: Pick<Place, "bucket" | "region">): string =>
  `arn:${partitionOf(region)}:s3:::${bucket}`;

/** China and the United States' government have partitions of their own (AWS General Reference, "Amazon Resource Names"). */
export function partitionOf(region: string): string {
  return region.startsWith("cn-") ? "aws-cn" : region.startsWith("us-gov-") ? "aws-us-gov" : "aws";
}
