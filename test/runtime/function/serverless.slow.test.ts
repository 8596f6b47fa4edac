import { execFile } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { settingNames, variableOf } from "../../../src/config/settings.ts";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const osls = join(dirname(createRequire(import.meta.url).resolve("osls/package.json")), "bin/serverless.js");

interface Template {
  readonly Resources: Readonly<
    Record<string, { readonly Type: string; readonly Properties: Readonly<Record<string, unknown>> }>
  >;
}
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
const resourcesOf = (template: Template | undefined, type: string) =>
  Object.values(template?.Resources ?? {})
    .filter((resource) => resource.Type === type)
    .map((resource) => resource.Properties);

describe("the deployment to AWS", () => {
  let template: Template | undefined;
  beforeAll(async () => {
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

  it("limits the instances at the queue, and tells the function how many share its budget", () => {
    const { ScalingConfig } = only("AWS::Lambda::EventSourceMapping") as {
      ScalingConfig: { MaximumConcurrency: number };
    };
    const { Environment } = only("AWS::Lambda::Function") as { Environment: { Variables: Record<string, unknown> } };
    expect(ScalingConfig.MaximumConcurrency).toBeGreaterThanOrEqual(2);
    expect(Environment.Variables.ORIGINALS_MAX_INSTANCES).toBe(String(ScalingConfig.MaximumConcurrency));
  });

  it("keeps dead letters for two weeks", () => {
    expect(template?.Resources.WorkQueue?.Properties.RedrivePolicy).toEqual({
      deadLetterTargetArn: { "Fn::GetAtt": ["DeadLetterQueue", "Arn"] },
      maxReceiveCount: 10,
    });
    expect(template?.Resources.DeadLetterQueue?.Properties.MessageRetentionPeriod).toBe(14 * 24 * 3600);
  });

  it("allows the function five actions on its queue, sending dead letters, and writing its own logs, nothing else", () => {
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
    const [ofQueue, ofDeadLetters] = [of("WorkQueue"), of("DeadLetterQueue")];
    expect(ofLogs.length + ofQueue.length + ofDeadLetters.length).toBe(statements.length);
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

  it("runs nightly only where that was asked for, and passes on the settings that there are", async () => {
    expect(only("AWS::Events::Rule").State).toBe("DISABLED");
    const asked = await packaged(yaml, { ORIGINALS_NIGHTLY: "true", ORIGINALS_RATE: "500/s" });
    expect(resourcesOf(asked.template, "AWS::Events::Rule")[0]?.State).toBe("ENABLED");
    const [properties] = resourcesOf(asked.template, "AWS::Lambda::Function");
    const { Variables } = (properties?.Environment ?? {}) as { Variables: Record<string, unknown> };
    expect(Variables.ORIGINALS_RATE).toBe("500/s");
    const credentials =
      /^(TENCENTCLOUD|ORIGINALS_ARCHIVE)_(SECRETID|SECRETKEY|SESSIONTOKEN)$|^ORIGINALS_WEBHOOK_SECRET$/;
    const known: readonly string[] = settingNames.map(variableOf);
    expect(Object.keys(Variables).filter((name) => !credentials.test(name) && !known.includes(name))).toEqual([]);
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
