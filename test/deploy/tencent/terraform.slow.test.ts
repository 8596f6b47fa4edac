/** deploy/tencent, as far as it can be tried without an account and without Terraform. Slow: the parser is a megabyte of WebAssembly. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { resolve } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { parse as parseYaml } from "yaml";
import { settingNames, variableOf } from "../../../src/config/settings.ts";
import { camPolicy } from "../../../src/run/allowed/cam-policy.ts";
import { needsOfRun } from "../../../src/run/allowed/needs-of.ts";
import { defaultLedger } from "../../../src/run/surroundings/open-ledger.ts";
import { decodeScfEvent } from "../../../src/runtime/function/scf-event.ts";
import { blocksOf, read, root } from "../../papers/papers.ts";
import { faultsOf, type Parsed, type ProviderSchema } from "./check-terraform.ts";

// Its declarations bring those of a browser into all of this project.
const { parse }: { parse: (name: string, hcl: string) => Promise<Parsed> } = createRequire(import.meta.url)(
  "@cdktn/hcl2json",
);
const schema: ProviderSchema = JSON.parse(read("test/deploy/tencent/provider-schema.json"));
const names = ["main.tf", "variables.tf", "outputs.tf"];
const texts = new Map(names.map((name) => [name, readFileSync(resolve(root, "deploy/tencent", name), "utf8")]));
const parsed = new Map<string, Parsed>();
beforeAll(async () => {
  for (const [name, text] of texts) parsed.set(name, await parse(name, text));
});

/** What would be said if `from` were `to` in main.tf. */
async function faultsIf(from: string, to: string): Promise<readonly string[]> {
  const text = texts.get("main.tf") ?? "";
  expect(text).toContain(from);
  const others = names.slice(1).map((name) => parsed.get(name) as Parsed);
  return faultsOf([await parse("main.tf", text.replace(from, to)), ...others], schema);
}

const expression = (text: string) => `\${${text}}`;
type Body = Readonly<Record<string, unknown>>;
const resource = (type: string, name: string): Body =>
  (parsed.get("main.tf") as { resource: Record<string, Record<string, Body[]>> }).resource[type]?.[name]?.[0] ?? {};

describe("the Terraform of deploy/tencent", () => {
  test("says nothing that its provider does not know, leaves out nothing that it needs, and refers to what is there", () => {
    expect(faultsOf([...parsed.values()], schema)).toEqual([]);
  });

  test.each([
    [
      "a misspelt argument",
      "mem_size    =",
      "memory_size =",
      "tencentcloud_scf_function.originals has no argument memory_size.",
    ],
    [
      "a missing one",
      '  type            = "timer"\n',
      "",
      "tencentcloud_scf_trigger.nightly lacks type, which is required.",
    ],
    [
      "a misspelt block",
      "monitor_time {",
      "monitor_times {",
      "tencentcloud_cls_alarm.errors has no argument monitor_times.",
    ],
    [
      "an argument within a block that is missing",
      '      receiver_type     = "Uin"\n',
      "",
      "tencentcloud_cls_alarm_notice.originals.notice_receivers lacks receiver_type, which is required.",
    ],
    [
      "a resource that is not there",
      "role        = tencentcloud_cam_role.function.name",
      "role        = tencentcloud_cam_role.worker.name",
      "tencentcloud_cam_role.worker is referred to, and there is none.",
    ],
    [
      "an attribute that is not there",
      "policy_id = tencentcloud_cam_policy.function.id",
      "policy_id = tencentcloud_cam_policy.function.arn",
      "tencentcloud_cam_policy.function.arn is referred to, and tencentcloud_cam_policy has no arn.",
    ],
    [
      "a misspelt resource",
      'resource "tencentcloud_cls_topic"',
      'resource "tencentcloud_cls_topics"',
      "There is no resource tencentcloud_cls_topics (originals).",
    ],
    [
      "a variable that is nowhere declared",
      "timeout     = var.timeout",
      "timeout     = var.time_limit",
      "var.time_limit is used and nowhere declared.",
    ],
    [
      "a variable that is nowhere used",
      "runtime     = var.runtime",
      'runtime     = "Nodejs20.19"',
      "The variable runtime is declared and nowhere used.",
    ],
    [
      "a value out of range",
      "timeout     = var.timeout",
      "timeout     = 1200",
      "tencentcloud_scf_function.originals.timeout is 1200, and must be from 1 to 900.",
    ],
    [
      "a value of another type",
      "mem_size    = var.memory",
      'mem_size    = "much"',
      'tencentcloud_scf_function.originals.mem_size is "much", and must be a number.',
    ],
    [
      "what excludes what is there",
      "  zip_file    = local.zip_file",
      '  zip_file    = local.zip_file\n  cos_bucket_name = "code-1250000000"',
      "tencentcloud_scf_function.originals has zip_file and cos_bucket_name, which exclude each other.",
    ],
    [
      "what is only told",
      "  period     = var.log_days",
      '  period     = var.log_days\n  storage_type = "hot"\n  logset_name = "x"',
      "tencentcloud_cls_topic.originals has no argument logset_name.",
    ],
  ])("is found wrong for %s", async (_, from, to, fault) => {
    expect(await faultsIf(from, to)).toContain(fault);
  });

  test("gives the function's role what `policy` prints for the same places", () => {
    const region = "ap-guangzhou";
    const source = { bucket: "photos-1250000000", region, prefix: "2026/" };
    const archive = { bucket: "archive-1259999999", region: "ap-singapore", prefix: "nightly/" };
    const values: Readonly<Record<string, string>> = {
      source_bucket: source.bucket,
      source_uid: "1250000000",
      source_region: region,
      source_prefix: source.prefix,
      archive_bucket: archive.bucket,
      archive_uid: "1259999999",
      archive_region: archive.region,
      archive_prefix: archive.prefix,
    };
    const template = read("deploy/tencent/policy.json.tftpl");
    const filled = template.replace(/\$\{(\w+)\}/g, (_, name: string) => values[name] ?? "?");
    expect(JSON.parse(filled)).toEqual(camPolicy(needsOfRun({ source, archive, ledger: defaultLedger(archive) })));
    const [locals] = (parsed.get("main.tf") as { locals: Body[] }).locals;
    const local = String(locals?.policy);
    for (const name of Object.keys(values)) expect(local).toMatch(new RegExp(`\\b${name}\\s*=`));
    expect(resource("tencentcloud_cam_policy", "function").document).toBe(expression("local.policy"));
  });

  test("is first one function and two timers, whose texts the function takes", () => {
    const whatever = Object.entries(parsed.get("variables.tf")?.variable as Record<string, Body[]>);
    const needed = whatever.filter(([, [its]]) => its !== undefined && !("default" in its)).map(([name]) => name);
    expect(needed.sort()).toEqual(["archive_bucket", "region", "source_bucket"]);
    for (const [name, task] of [
      ["nightly", "list"],
      ["poll", "poll"],
    ] as const) {
      const { type, custom_argument } = resource("tencentcloud_scf_trigger", name);
      expect(type).toBe("timer");
      const event = { Type: "Timer", TriggerName: name, Time: "2026-11-22T18:00:00Z", Message: custom_argument };
      expect(decodeScfEvent(event)).toMatchObject({ kind: "timer", task });
    }
  });

  test("sets what the function reads, and nothing else", () => {
    const text = texts.get("main.tf") ?? "";
    const set = [...text.matchAll(/\b(ORIGINALS_\w+)\s*=/g)].map(([, name = ""]) => name);
    expect(set.length).toBeGreaterThan(5);
    const known: readonly string[] = settingNames.map(variableOf);
    expect(set.filter((name) => !known.includes(name))).toEqual([]);
  });

  test("asks its alarms for what the function says", () => {
    const said = read("src/run/deliver/handle-reconcile.ts");
    const query = (name: string) => JSON.stringify(resource("tencentcloud_cls_alarm", name).alarm_targets);
    expect(query("no_run")).toContain("run complete");
    expect(said).toContain('"run complete"');
    expect(query("errors")).toContain("run halted");
    expect(said).toContain(`\`run ${expression("done.state")}\``);
  });

  test("is what the paper prints of it", () => {
    const paper = blocksOf(read("docs/deploy/tencent.md"));
    const values = paper.find(({ words }) => words[0] === "terraform.tfvars")?.text ?? "";
    const given = [...values.matchAll(/^(\w+)\s*=/gm)].map(([, name]) => name);
    expect(given).toEqual(expect.arrayContaining(["region", "source_bucket", "archive_bucket"]));
    const declared = Object.keys(parsed.get("variables.tf")?.variable as object);
    expect(given.filter((name) => !declared.includes(name ?? ""))).toEqual([]);
  });
});

describe("the Serverless component of deploy/tencent", () => {
  const { component, inputs } = parseYaml(read("deploy/tencent/serverless.yml"));

  test("is the same function with the same two timers", () => {
    expect(component).toBe("scf");
    const { handler, runtime, memorySize, timeout } = inputs;
    const { variable } = parsed.get("variables.tf") as { variable: Record<string, Body[]> };
    const standard = (name: string) => variable[name]?.[0]?.default;
    expect({ handler, runtime, memorySize, timeout }).toEqual({
      handler: "index.main_handler",
      runtime: standard("runtime"),
      memorySize: standard("memory"),
      timeout: standard("timeout"),
    });
    const timers = inputs.events.map(({ timer }: { timer: { name: string; parameters: Body } }) => [
      timer.name,
      timer.parameters.cronExpression,
      timer.parameters.argument,
    ]);
    expect(timers).toEqual([
      ["nightly", standard("nightly_cron"), "list"],
      ["poll", standard("poll_cron"), "poll"],
    ]);
    const known: readonly string[] = settingNames.map(variableOf);
    expect(Object.keys(inputs.environment.variables).filter((name) => !known.includes(name))).toEqual([]);
  });
});
