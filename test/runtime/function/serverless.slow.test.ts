import { execFile } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { settingNames, variableOf } from "../../../src/config/settings.ts";
import { lambdaPolicy } from "../../../src/run/allowed/lambda-policy.ts";
import { faultsOf, type Template } from "./template-faults.ts";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const osls = join(dirname(createRequire(import.meta.url).resolve("osls/package.json")), "bin/serverless.js");

interface Statement {
  readonly Effect: string;
  readonly Action: string | readonly string[];
  readonly Resource: unknown;
}

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "originals-serverless-"));
  mkdirSync(join(folder, "dist"));
  writeFileSync(join(folder, "dist/lambda.cjs"), "exports.handler = async () => {};\n");
  writeFileSync(join(folder, "dist/cli.js"), "not to be shipped\n");
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** `osls package` of this text, without credentials. */
function packaged(
  yaml: string,
  environment: Record<string, string> = {},
): Promise<{ code: number; output: string; template?: Template }> {
  writeFileSync(join(folder, "serverless.yml"), yaml);
  const out = join(folder, "out");
  rmSync(out, { recursive: true, force: true });
  const env = { PATH: process.env.PATH ?? "", HOME: folder, SLS_NOTIFICATIONS_MODE: "off", ...environment };
  return new Promise((resolve) => {
    execFile(process.execPath, [osls, "package", "--package", out], { cwd: folder, env }, (error, stdout, stderr) => {
      const output = stdout + stderr;
      if (error) return resolve({ code: Number(error.code), output });
      const template = JSON.parse(readFileSync(join(out, "cloudformation-template-update-stack.json"), "utf8"));
      cpSync(out, join(folder, "kept"), { recursive: true });
      resolve({ code: 0, output, template });
    });
  });
}

const yaml = readFileSync(join(root, "serverless.yml"), "utf8");
/** Of a text of `resources:`, with CloudFormation's short forms as they are when packaged; variables are left as they stand. */
function resourcesIn(text: string): Pick<Template, "Resources"> & { readonly Conditions: Record<string, unknown> } {
  const tag = (name: string) => (name === "Ref" || name === "Condition" ? name : `Fn::${name}`);
  const value = (name: string, given: unknown) => ({
    [tag(name)]: name === "GetAtt" ? String(given).split(".") : given,
  });
  const customTags = ["Ref", "GetAtt", "Sub", "If", "Equals", "Not", "Or", "Condition"].flatMap((name) => [
    { tag: `!${name}`, resolve: (text: string) => value(name, text) },
    {
      tag: `!${name}`,
      collection: "seq" as const,
      resolve: (list: { toJSON(): unknown }) => value(name, list.toJSON()),
    },
  ]);
  return parse(text, { customTags, logLevel: "silent" }).resources;
}

const resourcesOf = (template: Template | undefined, type: string) =>
  Object.values(template?.Resources ?? {})
    .filter((resource) => resource.Type === type)
    .map(({ Properties = {} }) => Properties);

/** With all that can be asked for, and every secret that somebody may have in a shell. */
const asked = {
  ORIGINALS_NIGHTLY: "true",
  ORIGINALS_RATE: "500/s",
  ORIGINALS_ALARM_EMAIL: "someone@example.com",
  ORIGINALS_CREDENTIALS_FROM: "ssm:/cos-originals/dev/cos",
  ORIGINALS_WEBHOOK_SECRET_NAME: "secretsmanager:cos-originals/dev/webhook",
};
const marker = "a-secret-that-is-nowhere";
const secrets = Object.fromEntries(
  ["TENCENTCLOUD", "ORIGINALS_ARCHIVE"]
    .flatMap((prefix) => ["SECRETID", "SECRETKEY", "SESSIONTOKEN"].map((name) => `${prefix}_${name}`))
    .concat("ORIGINALS_WEBHOOK_SECRET", "AWS_SECRET_ACCESS_KEY", "AWS_ACCESS_KEY_ID")
    .map((name) => [name, `${marker}-${name}`]),
);

describe("the deployment to AWS", () => {
  let template: Template | undefined;
  let whole: Template | undefined;
  beforeAll(async () => {
    whole = (await packaged(yaml, { ...asked, ...secrets })).template;
    cpSync(join(folder, "out"), join(folder, "whole"), { recursive: true });
    const result = await packaged(yaml);
    expect(result.output).toContain("Service packaged");
    template = result.template;
  });

  const only = (type: string) => {
    const all = resourcesOf(template, type);
    expect(all, type).toHaveLength(1);
    return all[0] ?? {};
  };

  it("hides a message for six times as long as the function may work it", () => {
    const { Timeout } = only("AWS::Lambda::Function");
    const work = resourcesOf(template, "AWS::SQS::Queue").find((queue) => "RedrivePolicy" in queue);
    expect(work?.VisibilityTimeout).toBe(6 * Number(Timeout));
    expect(Timeout).toBe(900);
  });

  it("gives the function one message at a time, and lets it say which failed", () => {
    expect(only("AWS::Lambda::EventSourceMapping")).toMatchObject({
      BatchSize: 1,
      FunctionResponseTypes: ["ReportBatchItemFailures"],
      EventSourceArn: { "Fn::GetAtt": ["WorkQueue", "Arn"] },
    });
  });

  it("limits the instances at the queue, and tells the function how many share its budget, the schedule's one among them", () => {
    const { ScalingConfig } = only("AWS::Lambda::EventSourceMapping") as {
      ScalingConfig: { MaximumConcurrency: number };
    };
    const { Environment } = only("AWS::Lambda::Function") as { Environment: { Variables: Record<string, unknown> } };
    expect(ScalingConfig.MaximumConcurrency).toBeGreaterThanOrEqual(2);
    expect(Environment.Variables.ORIGINALS_MAX_INSTANCES).toBe(String(ScalingConfig.MaximumConcurrency + 1));
  });

  it("keeps dead letters for two weeks", () => {
    expect(template?.Resources.WorkQueue?.Properties?.RedrivePolicy).toEqual({
      deadLetterTargetArn: { "Fn::GetAtt": ["DeadLetterQueue", "Arn"] },
      maxReceiveCount: 10,
    });
    expect(template?.Resources.DeadLetterQueue?.Properties?.MessageRetentionPeriod).toBe(14 * 24 * 3600);
  });

  it("allows the function five actions on its queue, sending dead letters, reading its secrets, and writing its own logs, nothing else", () => {
    const [policy] = only("AWS::IAM::Role").Policies as { PolicyDocument: { Statement: Statement[] } }[];
    const statements = policy?.PolicyDocument.Statement ?? [];
    const actionsOf = (all: readonly Statement[]) => all.flatMap((statement) => statement.Action).sort();
    const ofLogs = statements.filter((statement) =>
      JSON.stringify(statement.Resource).includes("log-group:/aws/lambda/cos-originals-"),
    );
    const of = (queue: string) =>
      statements.filter(
        (statement) => JSON.stringify([statement.Resource].flat()) === `[{"Fn::GetAtt":["${queue}","Arn"]}]`,
      );
    const ofSecrets = statements.filter((statement) =>
      JSON.stringify(statement.Resource).includes("cos-originals/dev/*"),
    );
    const [ofQueue, ofDeadLetters] = [of("WorkQueue"), of("DeadLetterQueue")];
    expect(ofLogs.length + ofQueue.length + ofDeadLetters.length + ofSecrets.length).toBe(statements.length);
    expect(actionsOf(ofSecrets)).toEqual(["secretsmanager:GetSecretValue", "ssm:GetParameter"]);
    expect(actionsOf(ofDeadLetters)).toEqual(["sqs:SendMessage"]);
    expect(actionsOf(ofQueue)).toEqual([
      "sqs:ChangeMessageVisibility",
      "sqs:DeleteMessage",
      "sqs:GetQueueAttributes",
      "sqs:ReceiveMessage",
      "sqs:SendMessage",
    ]);
    expect(actionsOf(ofLogs)).toEqual([
      "logs:CreateLogGroup",
      "logs:CreateLogStream",
      "logs:PutLogEvents",
      "logs:TagResource",
    ]);
  });

  it("gives the function's role what `policy --for lambda` prints, and its log", () => {
    const ARN = "arn:aws:sqs:us-east-1:123456789012:originals-dev";
    const resolved = (resource: unknown): unknown => {
      const [attribute] = (resource as { readonly "Fn::GetAtt"?: readonly string[] })["Fn::GetAtt"] ?? [];
      if (attribute !== undefined) return attribute === "WorkQueue" ? ARN : `${ARN}-dead-letters`;
      const text = (resource as { readonly "Fn::Sub"?: string })["Fn::Sub"] ?? "";
      const variables = { Partition: "aws", Region: "us-east-1", AccountId: "123456789012" };
      return text.replace(/\$\{AWS::(\w+)\}/g, (_, name: keyof typeof variables) => variables[name]);
    };
    /** Each action with its resource. */
    const allowed = (statements: readonly Statement[], said: (resource: unknown) => unknown) =>
      statements
        .flatMap(({ Action, Resource }) =>
          [Action].flat().flatMap((action) => [Resource].flat().map((resource) => `${action} ${said(resource)}`)),
        )
        .sort();
    const [policy] = only("AWS::IAM::Role").Policies as { PolicyDocument: { Statement: Statement[] } }[];
    const statements = policy?.PolicyDocument.Statement ?? [];
    const withoutLog = statements.filter(({ Action }) => ![Action].flat().some((action) => action.startsWith("logs:")));
    const printed = lambdaPolicy({
      queue: "sqs:https://sqs.us-east-1.amazonaws.com/123456789012/originals-dev",
      secrets: [
        { kind: "ssm", name: "/cos-originals/dev/cos" },
        { kind: "secretsmanager", name: "cos-originals/dev/cos" },
      ],
      targets: [],
      needs: [],
    });
    // The stage's secrets are allowed by the beginning of their names, so that the one that is named may be another.
    const ofStage = (resource: unknown) => String(resource).replace(/\/cos(-\?{6})?$/, "/*");
    expect(allowed(withoutLog, resolved)).toEqual(allowed(printed.Statement, ofStage));
  });

  it("runs nightly only where that was asked for, and passes on the settings that there are", () => {
    expect(only("AWS::Events::Rule").State).toBe("DISABLED");
    expect(resourcesOf(whole, "AWS::Events::Rule")[0]?.State).toBe("ENABLED");
    const [properties] = resourcesOf(whole, "AWS::Lambda::Function");
    const { Variables } = (properties?.Environment ?? {}) as { Variables: Record<string, unknown> };
    expect(Variables.ORIGINALS_RATE).toBe("500/s");
    const known: readonly string[] = settingNames.map(variableOf);
    const names = Object.keys(Variables).filter((name) => !known.includes(name));
    expect(names).toEqual(["ORIGINALS_WEBHOOK_SECRET"]);
    expect(Variables).toMatchObject({
      ORIGINALS_CREDENTIALS_FROM: asked.ORIGINALS_CREDENTIALS_FROM,
      ORIGINALS_ARCHIVE_CREDENTIALS_FROM: "",
      ORIGINALS_WEBHOOK_SECRET: asked.ORIGINALS_WEBHOOK_SECRET_NAME,
    });
  });

  it("has no secret of the shell that it is packaged in, in no file", () => {
    const files = readdirSync(join(folder, "whole"), { recursive: true, encoding: "utf8" });
    expect(files).toEqual(
      expect.arrayContaining(["serverless-state.json", "cloudformation-template-update-stack.json"]),
    );
    for (const file of files) expect(readFileSync(join(folder, "whole", file), "latin1"), file).not.toContain(marker);
  });

  it("is what CloudFormation's schemas allow, with all alarms and without, and refers to nothing that is not there", () => {
    expect(faultsOf(template as Template)).toEqual([]);
    expect(faultsOf(whole as Template)).toEqual([]);
  });

  it.each([
    ["Threshold:", "Treshold:", /^DeadLettersAlarm\.Treshold is no property that is known$/],
    [
      "Type: AWS::SQS::QueuePolicy",
      "Type: AWS::SQS::Policy",
      /^QueuesByTlsOnly is of AWS::SQS::Policy, which is no type/,
    ],
    ["!Ref WorkQueue,", "!Ref WorkQueues,", /^QueuesByTlsOnly\.Queues\[0\]: Ref names WorkQueues, which is not there$/],
    ["!GetAtt DeadLetterQueue.QueueName", "!GetAtt DeadLetterQueue.Name", /AWS::SQS::Queue has no attribute Name$/],
    ["Condition: IsNightly", "Condition: IsDaily", /^NoRunAlarm: Condition names IsDaily, which is not there$/],
    ["        Queues: [", "        Queue: [", /^QueuesByTlsOnly has no Queues, which it must have$/],
    ["Period: 3600", "Period: an hour", /^NoRunAlarm\.Period is "an hour", and no integer$/],
  ])("is found wrong with %s as %s", (right, wrong, said) => {
    const resources = yaml.slice(yaml.indexOf("\nresources:"));
    expect(resources.split(right).length).toBeGreaterThan(1);
    const { Resources, Conditions } = resourcesIn(resources.replace(right, wrong));
    // As it is packaged, but for what the framework adds.
    const changed = { ...(whole as Template), Conditions, Resources: { ...whole?.Resources, ...Resources } };
    expect(faultsOf(changed)).toContainEqual(expect.stringMatching(said));
  });

  it("rings for dead letters, for what waits, for errors and throttles, and for a night without a run", () => {
    const alarms = Object.entries(whole?.Resources ?? {}).filter(([, { Type }]) => Type === "AWS::CloudWatch::Alarm");
    expect(alarms.map(([name, { Properties }]) => [name, Properties?.MetricName])).toEqual([
      ["DeadLettersAlarm", "ApproximateNumberOfMessagesVisible"],
      ["OldestMessageAlarm", "ApproximateAgeOfOldestMessage"],
      ["ErrorsAlarm", "Errors"],
      ["ThrottlesAlarm", "Throttles"],
      ["NoRunAlarm", "RunsCompleted"],
    ]);
    const night = whole?.Resources.NoRunAlarm;
    expect(night).toMatchObject({ Condition: "IsNightly", Properties: { TreatMissingData: "breaching" } });
    expect(Number(night?.Properties?.Period) * Number(night?.Properties?.EvaluationPeriods)).toBe(25 * 3600);
  });

  it("ships the bundle and nothing else", () => {
    const zip = readFileSync(join(folder, "kept/cos-originals.zip"));
    const names: string[] = [];
    // Central directory entries: signature PK\x01\x02, the name's length at 28, the name at 46.
    for (let at = zip.indexOf("PK\x01\x02"); at >= 0; at = zip.indexOf("PK\x01\x02", at + 46)) {
      names.push(zip.toString("utf8", at + 46, at + 46 + zip.readUInt16LE(at + 28)));
    }
    expect(names).toEqual(["dist/lambda.cjs"]);
  });

  it("refuses a misspelt key", async () => {
    const misspelt = yaml.replace("maximumConcurrency:", "maximumConcurency:");
    expect(misspelt).not.toBe(yaml);
    const { code, output } = await packaged(misspelt);
    expect(code).not.toBe(0);
    expect(output).toContain("Configuration error at 'functions.originals.events.0.sqs'");
  });
});
