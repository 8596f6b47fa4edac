/**
 * The alert rules and the dashboard as Prometheus itself evaluates them: rules over series made up for the bad case and the good (alerts.test.yml), and
 * all queries over what a worker and a nightly run tell. Would catch: a metric or label that nobody tells, in a rule or a panel; a value that never
 * changes. Skipped where Debian's package prometheus is not there.
 */
import { readdirSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parser } from "@prometheus-io/lezer-promql";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { parse, stringify } from "yaml";
import { read, root } from "../../papers/papers.ts";
import { type Started, start } from "../../runtime/cli/built.ts";
import { archive, type Lab, lines, openLab, source } from "../../runtime/cli/lab.ts";
import { openQueueServer, type QueueServer } from "../../runtime/cli/queue-server.ts";
import { missingPrometheus, type PrometheusServer, promtool, startPrometheus } from "./prometheus.ts";

const there = missingPrometheus.length === 0;
if (!there) {
  describe("Prometheus", () => {
    test.skip(`needs ${missingPrometheus.join(" and ")}, of Debian's package prometheus`);
  });
}

const alertsFile = resolve(root, "deploy/prometheus/alerts.yml");
const rules = (parse(read("deploy/prometheus/alerts.yml")) as Rules).groups.flatMap((group) => group.rules);
interface Rules {
  readonly groups: readonly { readonly rules: readonly { readonly alert: string; readonly expr: string }[] }[];
}

const cases = resolve(root, "test/deploy/prometheus");
const caseFiles = readdirSync(cases).filter((file) => file.endsWith(".test.yml"));
interface Cases {
  readonly tests: readonly {
    readonly name: string;
    readonly input_series: readonly { readonly series: string }[];
    readonly promql_expr_test: readonly { readonly exp_samples?: readonly { readonly labels: string }[] }[];
  }[];
}
const groups = caseFiles.flatMap(
  (file) => (parse(read(`test/deploy/prometheus/${file}`), { maxAliasCount: -1 }) as Cases).tests,
);

describe.runIf(there)("alert rules", () => {
  test("are valid, and ring in their bad case and in no good one", async () => {
    expect(await promtool(["check", "rules", alertsFile])).toMatchObject({ code: 0 });
    const compose = resolve(root, "deploy/containers/prometheus.yml");
    expect(await promtool(["check", "config", compose])).toMatchObject({ code: 0 });
    const { code, said } = await promtool(["test", "rules", ...caseFiles.map((file) => join(cases, file))]);
    expect(code, said).toBe(0);
  });

  test("are found where one names a metric that is misspelt", async () => {
    const folder = await mkdtemp(join(tmpdir(), "originals-rules-"));
    try {
      const text = await readFile(alertsFile, "utf8");
      await writeFile(join(folder, "alerts.yml"), text.replace("_receive_failures_total[", "_receive_failure_total["));
      const misspelt = groups.filter(({ name }) => name.startsWith("a queue that can't be asked"));
      const tests = { rule_files: ["alerts.yml"], evaluation_interval: "1m", tests: misspelt };
      await writeFile(join(folder, "case.yml"), stringify(tests));
      const { code, said } = await promtool(["test", "rules", join(folder, "case.yml")]);
      expect(code).toBe(1);
      expect(said).toContain("alertname: CosOriginalsQueueUnreachable, time: 23m");
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

describe("each alert", () => {
  const ringing = groups.map(({ promql_expr_test }) =>
    promql_expr_test.map(({ exp_samples = [] }) => exp_samples.map(({ labels }) => /"(\w+)"/.exec(labels)?.[1])),
  );
  test.each(rules.map(({ alert }) => alert))("has a case of each kind: %s", (alert) => {
    const [its, ...more] = ringing.filter((times) => times.some((names) => names.includes(alert)));
    expect(more).toEqual([]);
    expect(its?.some((names) => !names.includes(alert))).toBe(true);
  });
});

/** Which series a query reads: `name{matchers}` of each, without range and offset. */
function selectorsOf(query: string): string[] {
  const found: string[] = [];
  parser.parse(query).iterate({
    enter(node) {
      if (node.name === "VectorSelector") found.push(query.slice(node.from, node.to));
    },
  });
  return found;
}

interface Panel {
  readonly title: string;
  readonly targets: readonly { readonly expr: string; readonly legendFormat: string }[];
}
const { panels, templating } = JSON.parse(read("deploy/grafana/dashboard.json")) as {
  readonly panels: readonly Panel[];
  readonly templating: { readonly list: readonly { readonly name: string; readonly query: string }[] };
};
/** As Grafana fills it in. */
const filledIn = (query: string) => query.replaceAll("$job", "cos-originals").replaceAll("$__rate_interval", "1m");
/** What is rightly 0 once all is done, as legends of panels have it. */
const rightlyNothing: ReadonlySet<string> = new Set(["{{state}} of Messages in the queue", "under way", "taken over"]);

describe.runIf(there)("what a worker and a nightly run tell", () => {
  let lab: Lab;
  let queues: QueueServer;
  let prometheus: PrometheusServer;
  let worker: Started;
  let address: string;
  const node = createServer();

  /** Faults of a query: it brings nothing, no number, nothing but 0, or lacks what its legend names. */
  async function faultsOf(query: string, legend: string, mayBeNothing = false): Promise<readonly string[]> {
    const samples = await prometheus.query(filledIn(query));
    if (samples.length === 0) return [`${query} brings no series`];
    const faults: string[] = [];
    if (samples.some(({ value }) => !Number.isFinite(value))) faults.push(`${query} brings what is no number`);
    if (!mayBeNothing && samples.every(({ value }) => value === 0)) faults.push(`${query} brings 0 alone`);
    for (const [, label = ""] of legend.matchAll(/{{(\w+)}}/g))
      if (samples.some(({ metric }) => metric[label] === undefined)) faults.push(`${query} has no ${label}`);
    return faults;
  }

  beforeAll(async () => {
    [lab, queues] = await Promise.all([openLab(), openQueueServer()]);
    const queue = await queues.create("scraped");
    const keys = Array.from({ length: 60 }, (_, n) => `scraped/${n}.png`);
    for (const key of keys) lab.emulator.bucket(source).put(key, Buffer.from(`the original of ${key}`));
    let fetches = 0;
    const faults = new Map([
      [5, "SlowDown"],
      [6, "InternalError"],
    ]);
    lab.emulator.faults.use(({ operation }) => {
      const code = operation === "object.original" ? faults.get(++fetches) : undefined;
      return code === undefined ? undefined : { kind: "error", code };
    });
    const prom = join(lab.folder, "nightly.prom");
    const nightly = await lab.run([
      "--manifest",
      await lab.file("night.txt", lines("gone.png", "plain.png")),
      "--metrics-file",
      prom,
    ]);
    expect(nightly.code, nightly.stderr).toBe(3);
    // As node_exporter does with the files of its folder.
    node.on("request", (_, response) => {
      readFile(prom, "utf8").then((text) =>
        response.writeHead(200, { "content-type": "text/plain; version=0.0.4" }).end(text),
      );
    });
    await new Promise<void>((listening) => node.listen(0, "127.0.0.1", listening));

    const env = { ...lab.env, ...queues.env, ORIGINALS_ARCHIVE: `cos://${archive}/scraped/`, ORIGINALS_QUEUE: queue };
    worker = start(lab.built.cli, ["work", "--listen", "0", "--log-format", "json"], env);
    const said = await worker.says(/"listening":"[^"]+"/);
    address = new URL(/"listening":"([^"]+)"/.exec(said)?.[1] ?? "").host;
    const nodeAt = `127.0.0.1:${(node.address() as AddressInfo).port}`;
    prometheus = await startPrometheus({ "cos-originals": address, node: nodeAt }, alertsFile);
    const shown = async (query: string) => expect(await prometheus.query(query).catch(() => [])).not.toEqual([]);
    await vi.waitFor(() => shown('cos_originals_rows_total{outcome="archived"} == 0 and on() up{job="node"} == 1'), {
      timeout: 120_000,
      interval: 250,
    });
    const manifest = await lab.file("scraped.txt", lines(...keys, "scraped/gone.png"));
    const submitted = start(
      lab.built.cli,
      ["submit", "--manifest", manifest, "--run", "scraped", "--shard-size", "20"],
      env,
    );
    expect(await submitted.ended).toMatchObject({ code: 0 });
    // Twice, so that it rose from what it had been.
    await vi.waitFor(() => shown('increase(cos_originals_runs_ended_total{state="complete"}[1m]) > 0'), {
      timeout: 120_000,
      interval: 250,
    });
  });
  afterAll(async () => {
    worker?.kill("SIGKILL");
    await prometheus?.close();
    node.closeAllConnections();
    node.close();
    await queues?.close();
    await lab?.close();
  });

  test("is what the dashboard shows: each query brings series that moved, with the labels of its legend", async () => {
    const faults: string[] = [];
    for (const { title, targets } of panels) {
      for (const { expr, legendFormat } of targets) {
        const mayBeNothing = rightlyNothing.has(legendFormat) || rightlyNothing.has(`${legendFormat} of ${title}`);
        faults.push(...(await faultsOf(expr, legendFormat, mayBeNothing)));
      }
    }
    expect(faults).toEqual([]);
    const [, selector = "", label = ""] =
      /^label_values\((.+), (\w+)\)$/.exec(templating.list.find(({ name }) => name === "job")?.query ?? "") ?? [];
    expect(await prometheus.labelValues(label, selector)).toEqual(["cos-originals"]);
  });

  test("is what the alert rules read, and they are evaluated without an error", async () => {
    for (const { alert, expr } of rules) {
      const selectors = selectorsOf(expr);
      expect(selectors.length, alert).toBeGreaterThan(0);
      for (const selector of selectors) expect(await faultsOf(selector, "", true), alert).toEqual([]);
    }
    await vi.waitFor(
      async () => {
        const judged = await prometheus.rules();
        expect(judged.map(({ name }) => name).toSorted()).toEqual(rules.map(({ alert }) => alert).toSorted());
        expect(judged.filter(({ health }) => health !== "ok")).toEqual([]);
      },
      { timeout: 60_000, interval: 250 },
    );
  });

  test("is what the cases of the alerts are made of", async () => {
    const named = new Set(
      groups.flatMap(({ input_series }) => input_series.map(({ series }) => /^\w+/.exec(series)?.[0] ?? "")),
    );
    expect(named.size).toBeGreaterThan(10);
    for (const name of named) expect(await faultsOf(name, "", true)).toEqual([]);
  });

  test("is not what is misspelt", async () => {
    expect(await faultsOf('sum(rate(cos_originals_rows_totals{job=~"$job"}[$__rate_interval]))', "")).toEqual([
      'sum(rate(cos_originals_rows_totals{job=~"$job"}[$__rate_interval])) brings no series',
    ]);
    expect(await faultsOf('sum by (outcom) (cos_originals_rows_total{job=~"$job"})', "{{outcom}}")).toEqual([
      'sum by (outcom) (cos_originals_rows_total{job=~"$job"}) has no outcom',
    ]);
    await expect(faultsOf("sum(rate(cos_originals_rows_total[5m])", "")).rejects.toThrow("parse error");
  });

  test("keeps Prometheus' rules of naming, Node's own gauges aside", async () => {
    const text = await (await fetch(`http://${address}/metrics`)).text();
    const { said } = await promtool(["check", "metrics"], text);
    expect(
      said
        .trim()
        .split("\n")
        .filter((line) => !line.startsWith("nodejs_active_")),
    ).toEqual([]);
  });
});
