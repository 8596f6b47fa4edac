/** Prometheus and promtool, of Debian's package prometheus: for tests, on loopback, asking every quarter of a second. */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "yaml";
import { freePort } from "../../setup/free-port.ts";

/** PROMETHEUS_BIN is where they are instead; where that is nowhere, tests do without. */
const where = (program: string): string =>
  (process.env.PROMETHEUS_BIN === undefined ? ["/usr/bin", "/usr/local/bin"] : [process.env.PROMETHEUS_BIN])
    .map((folder) => join(folder, program))
    .find((path) => existsSync(path)) ?? "";

/** Which of the two are missing; then tests that need them are skipped, and say so. */
export const missingPrometheus: readonly string[] = ["prometheus", "promtool"].filter((name) => where(name) === "");

/** @param stdin what it reads */
export function promtool(
  args: readonly string[],
  stdin = "",
): Promise<{ readonly code: number; readonly said: string }> {
  return new Promise((resolve) => {
    const child = execFile(where("promtool"), args, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : Number(error.code), said: stdout + stderr }),
    );
    child.stdin?.end(stdin);
  });
}

/** One series of an answer: its labels, and its value now. */
export interface Sample {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface PrometheusServer {
  /** Rejects with what Prometheus says of a query that it can't evaluate. */
  query(expression: string): Promise<readonly Sample[]>;
  /** Values of `label` among the series that `selector` takes. */
  labelValues(label: string, selector: string): Promise<readonly string[]>;
  /** Each rule, and how its last evaluation ended: `ok`, `err`, or `unknown` where there was none yet. */
  rules(): Promise<readonly { readonly name: string; readonly health: string }[]>;
  close(): Promise<void>;
}

/** @param jobs by name: host and port of what each asks */
export async function startPrometheus(
  jobs: Readonly<Record<string, string>>,
  ruleFile: string,
): Promise<PrometheusServer> {
  const folder = await mkdtemp(join(tmpdir(), "originals-prometheus-"));
  const config = {
    global: { scrape_interval: "250ms", scrape_timeout: "250ms", evaluation_interval: "1s" },
    rule_files: [ruleFile],
    scrape_configs: Object.entries(jobs).map(([name, target]) => ({
      job_name: name,
      static_configs: [{ targets: [target] }],
    })),
  };
  await writeFile(join(folder, "prometheus.yml"), stringify(config));
  const at = `127.0.0.1:${await freePort()}`;
  const args = [`--config.file=${folder}/prometheus.yml`, `--storage.tsdb.path=${folder}/data`];
  const child: ChildProcess = spawn(where("prometheus"), [...args, `--web.listen-address=${at}`], { stdio: "ignore" });
  const ended = new Promise<void>((resolve) => child.on("close", () => resolve()));
  const ask = async <Data>(path: string, asked: Readonly<Record<string, string>> = {}): Promise<Data> => {
    const reply = await fetch(`http://${at}/api/v1/${path}?${new URLSearchParams(asked)}`);
    const { status, data, error } = (await reply.json()) as { status: string; data: Data; error?: string };
    if (status !== "success") throw new Error(`${Object.values(asked)}: ${error}`);
    return data;
  };
  return {
    async query(query) {
      type Vector = { metric: Record<string, string>; value: [number, string] }[];
      const { result } = await ask<{ result: Vector }>("query", { query });
      return result.map(({ metric, value }) => ({ metric, value: Number(value[1]) }));
    },
    labelValues: (label, selector) => ask(`label/${label}/values`, { "match[]": selector }),
    async rules() {
      const { groups } = await ask<{ groups: { rules: { name: string; health: string }[] }[] }>("rules");
      return groups.flatMap(({ rules }) => rules);
    },
    async close() {
      child.kill();
      await ended;
      await rm(folder, { recursive: true, force: true });
    },
  };
}
