/**
 * The least that the role of the function on AWS Lambda must be allowed to do with what AWS keeps: its queue and dead letters, the secrets that it
 * is told the names of, queues that are told of what it did, and whatever lies in S3 (Service Authorization Reference). What it does in COS its
 * keys must be allowed. Metrics take nothing, as they are lines of its log; to write that AWS has a policy of its own. Pure.
 */
import { readTarget } from "../../policy/event-target.ts";
import { quote, UserError } from "../../vocabulary/errors.ts";
import { type IamPolicy, type IamStatement, iamPolicy, partitionOf } from "./iam-policy.ts";
import type { Need } from "./needs-of.ts";

export interface FunctionOnLambda {
  /** As --queue says it: sqs:URL or sqs:NAME. */
  readonly queue: string;
  /** As --dead-letter-queue says it; absent: the queue's name and `-dead-letters`, as serverless.yml calls it. */
  readonly deadLetterQueue?: string | undefined;
  readonly secrets: readonly { readonly kind: "ssm" | "secretsmanager"; readonly name: string }[];
  /** Who is told, as --events and --notify say it. */
  readonly targets: readonly string[];
  readonly needs: readonly Need[];
}

/** Where a queue is; `*` for what its text does not tell. */
interface QueueName {
  readonly region: string;
  readonly account: string;
  readonly name: string;
}

/** @throws UserError `InvalidSetting` where a queue is none of SQS */
export function lambdaPolicy(of: FunctionOnLambda): IamPolicy {
  const queue = queueIn(of.queue, "--queue");
  const deadLetters =
    of.deadLetterQueue === undefined
      ? { ...queue, name: `${queue.name}-dead-letters` }
      : { ...queue, ...queueIn(of.deadLetterQueue, "--dead-letter-queue") };
  const told = of.targets.flatMap((text) => {
    const target = readTarget(text);
    return "fault" in target || target.kind !== "sqs" ? [] : [queueAt(target.url)];
  });
  const Statement = [
    allow(ofQueue, arnOf(queue)),
    ...[deadLetters, ...told].map((to) => allow(["sqs:SendMessage"], arnOf(to))),
    ...of.secrets.map((secret) => allow([reads[secret.kind]], arnOfSecret(secret, queue))),
    ...(iamPolicy(of.needs)?.Statement ?? []),
  ];
  return { Version: "2012-10-17", Statement: withoutRepeats(Statement) };
}

/** The first three are what Lambda itself does with them, by the function's role. The attributes tell where dead letters go. */
const ofQueue = [
  "sqs:ReceiveMessage",
  "sqs:DeleteMessage",
  "sqs:GetQueueAttributes",
  "sqs:SendMessage",
  "sqs:ChangeMessageVisibility",
];
const reads = { ssm: "ssm:GetParameter", secretsmanager: "secretsmanager:GetSecretValue" } as const;

const allow = (Action: readonly string[], resource: string): IamStatement => ({
  Effect: "Allow",
  Action,
  Resource: [resource],
});

function withoutRepeats(statements: readonly IamStatement[]): readonly IamStatement[] {
  return [...new Map(statements.map((statement) => [JSON.stringify(statement), statement])).values()];
}

function queueIn(text: string, flag: string): QueueName {
  const said = /^sqs:(.+)$/s.exec(text)?.[1];
  if (said === undefined) {
    throw new UserError(
      "InvalidSetting",
      `${flag} ${quote(text)} is no SQS queue, and a function on Lambda works no other; say sqs:URL, or sqs:NAME.`,
    );
  }
  return URL.canParse(said) ? queueAt(new URL(said)) : { region: "*", account: "*", name: said };
}

/** `https://sqs.REGION.amazonaws.com/ACCOUNT/NAME`; another host tells no region. */
function queueAt({ hostname, pathname }: URL): QueueName {
  const [account = "", name = ""] = pathname.split("/").slice(-2);
  const region = /^sqs\.([a-z0-9-]+)\.amazonaws\.com(\.cn)?$/.exec(hostname)?.[1] ?? "*";
  return { region, account: /^\d{12}$/.test(account) ? account : "*", name };
}

const arnOf = ({ region, account, name }: QueueName): string =>
  `arn:${partitionOf(region)}:sqs:${region}:${account}:${name}`;

/** It is asked for in the function's region, which is its queue's. Secrets Manager puts six characters behind the name. */
function arnOfSecret({ kind, name }: FunctionOnLambda["secrets"][number], { region, account }: QueueName): string {
  if (name.startsWith("arn:")) return name;
  const resource = kind === "ssm" ? `parameter/${name.replace(/^\//, "")}` : `secret:${name}-??????`;
  return `arn:${partitionOf(region)}:${kind}:${region}:${account}:${resource}`;
}
