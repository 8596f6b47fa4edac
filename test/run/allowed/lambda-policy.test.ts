import { describe, expect, test } from "vitest";
import { type FunctionOnLambda, lambdaPolicy } from "../../../src/run/allowed/lambda-policy.ts";
import { needsOfRun } from "../../../src/run/allowed/needs-of.ts";
import { defaultLedger } from "../../../src/run/surroundings/open-ledger.ts";

const queue = "sqs:https://sqs.eu-central-1.amazonaws.com/123456789012/work";
const least: FunctionOnLambda = { queue, secrets: [], targets: [], needs: [] };
const allowed = (more: Partial<FunctionOnLambda>) =>
  lambdaPolicy({ ...least, ...more }).Statement.map(({ Action, Resource }) => [Action.join(" "), ...Resource]);
const resources = (more: Partial<FunctionOnLambda>) => allowed(more).map(([, ...named]) => named.join(" "));

const sending = "sqs:SendMessage";
const working = `sqs:ReceiveMessage sqs:DeleteMessage sqs:GetQueueAttributes ${sending} sqs:ChangeMessageVisibility`;

describe("the policy of the function's role on Lambda", () => {
  test("lets it work its queue, send to the dead letters beside it, and read the secrets that it is told of, each of them alone", () => {
    const secrets = [
      { kind: "ssm", name: "/cos-originals/cos" },
      { kind: "secretsmanager", name: "cos-originals/archive" },
      { kind: "secretsmanager", name: "arn:aws:secretsmanager:us-east-1:210987654321:secret:webhook-AbCdEf" },
    ] as const;
    expect(allowed({ secrets })).toEqual([
      [working, "arn:aws:sqs:eu-central-1:123456789012:work"],
      [sending, "arn:aws:sqs:eu-central-1:123456789012:work-dead-letters"],
      ["ssm:GetParameter", "arn:aws:ssm:eu-central-1:123456789012:parameter/cos-originals/cos"],
      [
        "secretsmanager:GetSecretValue",
        "arn:aws:secretsmanager:eu-central-1:123456789012:secret:cos-originals/archive-??????",
      ],
      ["secretsmanager:GetSecretValue", "arn:aws:secretsmanager:us-east-1:210987654321:secret:webhook-AbCdEf"],
    ]);
  });

  test("allows what a run does in S3 besides, and to tell queues, but no webhook", () => {
    const archive = { store: "s3", bucket: "photo-archive", region: "eu-central-1", prefix: "" } as const;
    const source = { bucket: "photos-1250000000", region: "ap-guangzhou", prefix: "" };
    const told = "sqs:https://sqs.us-east-1.amazonaws.com/123456789012/told";
    const needs = needsOfRun({ source, archive, ledger: defaultLedger(archive) });
    expect(resources({ needs, targets: [told, "https://hooks.example.com/x", told] }).slice(2)).toEqual([
      "arn:aws:sqs:us-east-1:123456789012:told",
      "arn:aws:s3:::photo-archive/*",
      "arn:aws:s3:::photo-archive/.originals/*",
      "arn:aws:s3:::photo-archive",
    ]);
  });

  test.each([
    ["sqs:work", undefined, ["arn:aws:sqs:*:*:work", "arn:aws:sqs:*:*:work-dead-letters"]],
    [queue, "sqs:dead", ["arn:aws:sqs:eu-central-1:123456789012:work", "arn:aws:sqs:*:*:dead"]],
    [
      "sqs:https://sqs.cn-north-1.amazonaws.com.cn/123456789012/work",
      undefined,
      ["arn:aws-cn:sqs:cn-north-1:123456789012:work", "arn:aws-cn:sqs:cn-north-1:123456789012:work-dead-letters"],
    ],
  ])("names of the queue %s what is known of it", (queue, deadLetterQueue, arns) => {
    expect(resources({ queue, deadLetterQueue })).toEqual(arns);
  });

  test("is none of a queue that Lambda does not know", () => {
    expect(() => lambdaPolicy({ ...least, queue: "tdmq:https://cmq.example.com/work?region=gz" })).toThrow(
      "is no SQS queue, and a function on Lambda works no other",
    );
  });
});
