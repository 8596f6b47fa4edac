/**
 * The least that credentials must be allowed to do for what of a run lies in S3, as an IAM policy (IAM User Guide, "Policies and
 * permissions"; Service Authorization Reference, "Actions, resources, and condition keys for Amazon S3"). Pure.
 */
import { actionsOf, type Operation } from "../../vocabulary/permissions.ts";
import type { Place } from "../messages/messages.ts";
import { type NeedsOfRun, operationsOf } from "./operations-of-run.ts";

export interface IamPolicy {
  readonly Version: "2012-10-17";
  readonly Statement: readonly IamStatement[];
}

export interface IamStatement {
  readonly Effect: "Allow";
  readonly Action: readonly string[];
  readonly Resource: readonly string[];
}

/** Undefined where nothing lies in S3. */
export function iamPolicy({
  archive,
  ledger,
  history,
}: Pick<NeedsOfRun, "archive" | "ledger" | "history">): IamPolicy | undefined {
  const inS3 = [archive, ledger].filter(({ store }) => store === "s3");
  if (inS3.length === 0) return undefined;
  const statement: IamStatement[] = [];
  // HEAD is a GetObject there, which copying needs as well.
  if (archive.store === "s3") {
    statement.push(allow(operationsOf.archive, below(archive)));
    if (history !== undefined) statement.push(allow(operationsOf.history, below({ ...archive, prefix: history })));
  }
  if (ledger.store === "s3") statement.push(allow(operationsOf.ledger, below(ledger)));
  // Without it S3 answers 403 of a key that is not there, which would be taken for a refusal.
  statement.push(allow(["list"], ...new Set(inS3.map(arnOf))));
  return { Version: "2012-10-17", Statement: statement };
}

function allow(operations: readonly Operation[], ...resources: readonly string[]): IamStatement {
  return { Effect: "Allow", Action: actionsOf("s3", operations), Resource: resources };
}

/** A star and a question mark are wildcards there, and `${` begins a variable: of a prefix they stand for themselves. */
const literally = (prefix: string): string => prefix.replace(/[*?$]/g, (character) => `\${${character}}`);

const below = (place: Place): string => `${arnOf(place)}/${literally(place.prefix)}*`;

/** China and the United States' government have partitions of their own (AWS General Reference, "Amazon Resource Names"). */
function arnOf({ bucket, region }: Pick<Place, "bucket" | "region">): string {
  const partition = region.startsWith("cn-") ? "aws-cn" : region.startsWith("us-gov-") ? "aws-us-gov" : "aws";
  return `arn:${partition}:s3:::${bucket}`;
}
