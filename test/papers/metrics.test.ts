/** docs/metrics.md has the catalogue's metrics; alert rules and dashboard name no other. */
import { readFile } from "node:fs/promises";
import { parser } from "@prometheus-io/lezer-promql";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import {
  cloudWatchMetrics,
  fileLabel,
  type MetricEntry,
  nameOf,
  processMetrics,
  runMetrics,
} from "../../src/vocabulary/metrics/catalogue.ts";
import { cloudWatchNamespace, cloudWatchUnits } from "../../src/vocabulary/metrics/cloudwatch.ts";

const root = new URL("../../", import.meta.url);
const file = (path: string) => readFile(new URL(path, root), "utf8");
const all: Readonly<Record<string, MetricEntry>> = Object.fromEntries(
  Object.entries({ ...processMetrics, ...runMetrics }).map(([name, entry]) => [
    nameOf(name as keyof typeof processMetrics),
    entry,
  ]),
);

const begin = "<!-- metrics: written by `npx vitest run test/papers/metrics.test.ts -u` -->\n";
const end = "<!-- /metrics -->";

function table(metrics: Readonly<Record<string, MetricEntry>>): string {
  const rows = Object.entries(metrics).map(([name, { type, unit, labels = {}, means, alert = "" }]) => {
    const told = Object.entries(labels).map(
      ([label, values]) => `\`${label}\`: ${typeof values === "string" ? values : values.join(", ")}`,
    );
    return `| \`${nameOf(name as keyof typeof processMetrics)}\` | ${type} | ${unit} | ${told.join("; ")} | ${means} | ${alert} |\n`;
  });
  return `| metric | type | unit | labels | means | worth an alert |\n|---|---|---|---|---|---|\n${rows.join("")}`;
}

function tables(): string {
  const ofLambda = Object.entries(cloudWatchMetrics).map(
    ([name, { means, alert = "" }]) =>
      `| \`${name}\` | ${cloudWatchUnits[name as keyof typeof cloudWatchUnits]} | ${means} | ${alert} |\n`,
  );
  return [
    `\n## Of a worker\n\n\`/metrics\` of \`work --listen\`, and the file of \`work --metrics-file\`.\n\n${table(processMetrics)}`,
    `\n## Of one run\n\nThe file of \`run --metrics-file\` and \`redrive --metrics-file\`, which the next one writes anew. Each has the label \`${fileLabel}\` too, the file's name.\n\n${table(runMetrics)}`,
    `\n## Of a function on Lambda\n\nNamespace \`${cloudWatchNamespace}\`, dimension \`FunctionName\`; each invocation tells all of them, 0 too.\n\n| metric | unit | means | worth an alarm |\n|---|---|---|---|\n${ofLambda.join("")}\n`,
  ].join("");
}

test("docs/metrics.md has the tables of the catalogue (after a change: npx vitest run test/papers/metrics.test.ts -u)", async () => {
  const text = await file("docs/metrics.md");
  const whole = text.slice(0, text.indexOf(begin) + begin.length) + tables() + text.slice(text.indexOf(end));
  await expect(whole).toMatchFileSnapshot("../../docs/metrics.md");
});

/** Node's own, and Prometheus'. */
const others: ReadonlySet<string> = new Set(["up", "process_start_time_seconds"]);
const ofEvery = new Set(["job", "instance", "le", fileLabel]);

/** What is wrong with a query: it can't be parsed, or names a metric or a label that nobody tells. */
function faultsOf(query: string): string[] {
  const faults: string[] = [];
  const names: string[] = [];
  const labels: string[] = [];
  const matched: [label: string, value: string][] = [];
  const plain = query.replaceAll("$__rate_interval", "5m").replaceAll("$job", "x");
  parser.parse(plain).iterate({
    enter(node) {
      const said = plain.slice(node.from, node.to);
      if (node.type.isError) faults.push(`can't be parsed at ${node.from}`);
      if (node.name === "Identifier" && node.node.parent?.name === "VectorSelector") names.push(said);
      if (node.name === "LabelName") labels.push(said);
      if (node.name === "UnquotedLabelMatcher") {
        const [, label = "", value = ""] = /^(\w+)=~?"(.*)"$/.exec(said) ?? [];
        matched.push([label, value]);
      }
    },
  });
  if (names.length === 0) faults.push("names no metric");
  const known = new Map<string, readonly string[] | string>();
  for (const name of names) {
    const base = all[name] ?? all[name.replace(/_(bucket|sum|count)$/, "")];
    if (base === undefined && !others.has(name)) faults.push(`${name} is no metric`);
    for (const [label, values] of Object.entries(base?.labels ?? {})) known.set(label, values);
  }
  for (const label of labels)
    if (!known.has(label) && !ofEvery.has(label)) faults.push(`${label} is no label of ${names}`);
  for (const [label, value] of matched) {
    const values = known.get(label);
    if (typeof values !== "object") continue;
    for (const one of value.split("|")) if (!values.includes(one)) faults.push(`${label} is never ${one}`);
  }
  return faults;
}

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly annotations: Readonly<Record<string, string>>;
}

describe("queries", () => {
  test.each([
    ["rate(cos_originals_rows_totals[5m])", "cos_originals_rows_totals is no metric"],
    ['sum(cos_originals_rows_total{outcom="failed"})', "outcom is no label of cos_originals_rows_total"],
    ['sum(cos_originals_rows_total{outcome="lost"})', "outcome is never lost"],
    ["sum(rate(cos_originals_rows_total[5m])", "can't be parsed"],
  ])("that are wrong are found: %s", (query, fault) => expect(faultsOf(query).join("; ")).toContain(fault));

  test("of the alert rules name what is told, and each says what to do", async () => {
    const { groups } = parse(await file("deploy/prometheus/alerts.yml")) as { groups: { rules: Rule[] }[] };
    const rules = groups.flatMap(({ rules }) => rules);
    expect(rules.length).toBeGreaterThan(10);
    expect(rules.flatMap(({ alert, expr }) => faultsOf(expr).map((fault) => `${alert}: ${fault}`))).toEqual([]);
    for (const { annotations } of rules) expect(Object.keys(annotations)).toEqual(["summary", "description"]);
    expect(new Set(rules.map(({ alert }) => alert)).size).toBe(rules.length);
  });

  test("of the dashboard name what is told, and its panels do not overlap", async () => {
    const { panels } = JSON.parse(await file("deploy/grafana/dashboard.json")) as {
      panels: { title: string; targets: { expr: string }[]; gridPos: { x: number; y: number } }[];
    };
    const queries = panels.flatMap(({ title, targets }) => targets.map(({ expr }) => [title, expr] as const));
    expect(queries.length).toBeGreaterThan(10);
    expect(queries.flatMap(([title, expr]) => faultsOf(expr).map((fault) => `${title}: ${fault}`))).toEqual([]);
    expect(new Set(panels.map(({ gridPos: { x, y } }) => `${x},${y}`)).size).toBe(panels.length);
  });
});
