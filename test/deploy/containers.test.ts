/**
 * The files of deploy/ for containers and Kubernetes: what they name is there, what they run the program takes, and no field is misspelt. The
 * Dockerfile itself is built by hand (docs/deploy/containers.md): there is no daemon where tests run.
 */
import { existsSync, readdirSync } from "node:fs";
import { posix, resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { parse, parseAllDocuments } from "yaml";
import * as z from "zod";
import { parseConfig } from "../../src/config/file-text.ts";
import { readSettings } from "../../src/config/read.ts";
import { settingNames, variableOf } from "../../src/config/settings.ts";
import { createProbes } from "../../src/runtime/cli/metrics/probes.ts";
import { startWorkerServer } from "../../src/runtime/cli/metrics/worker-server.ts";
import { systemClock } from "../../src/vocabulary/clock.ts";
import { read, root } from "../papers/papers.ts";
import { refusalOf } from "../papers/refused-command.ts";

const folder = "deploy/containers";

describe("Dockerfile", () => {
  const lines = read(`${folder}/Dockerfile`)
    .replaceAll("\\\n", " ")
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"));
  const stages = lines.flatMap((line) => /^FROM \S+ AS (\w+)$/.exec(line)?.[1] ?? []);
  const ignored = read(`${folder}/Dockerfile.dockerignore`).split("\n").filter(Boolean);

  test("begins each stage on the base that it is told, ends with the worker, and runs as no user of the machine's", () => {
    for (const line of lines.filter((each) => each.startsWith("FROM"))) expect(line).toMatch(/^FROM \$\{BASE\} AS /);
    expect(lines[0]).toMatch(/^ARG BASE=node:\d+/);
    expect(stages).toEqual(["build", "queue", "emulator", "worker"]);
    expect(lines.filter((line) => line.startsWith("USER"))).toEqual(["USER 65532:65532", "USER 65532:65532"]);
  });

  test("copies what is there, from what is sent to be built, and from stages that it has", () => {
    for (const line of lines.filter((each) => each.startsWith("COPY"))) {
      const [, stage] = /--from=(\w+)/.exec(line) ?? [];
      if (stage !== undefined) expect(stages).toContain(stage);
      else {
        for (const path of line.split(" ").slice(1, -1)) {
          expect(existsSync(resolve(root, path)), path).toBe(true);
          expect(ignored).toContain(`!${path}`);
        }
      }
    }
  });

  test("has entries that the program takes", () => {
    const [emulator = [], worker = []] = lines
      .filter((line) => line.startsWith("ENTRYPOINT"))
      .map((line): string[] => JSON.parse(line.slice("ENTRYPOINT ".length)));
    expect(emulator.slice(0, 2)).toEqual(["node", "/app/dist/cli.js"]);
    expect(worker).toEqual(["node", "/app/dist/cli.js"]);
    expect(refusalOf(emulator.slice(2))).toBeUndefined();
  });
});

const service = z.strictObject({
  image: z.string().optional(),
  build: z.strictObject({ context: z.string(), dockerfile: z.string(), target: z.string() }).optional(),
  command: z.array(z.string()),
  environment: z.record(z.string(), z.string()).optional(),
  ports: z.array(z.string().regex(/^127\.0\.0\.1:\d+:\d+$/)).optional(),
  volumes: z.array(z.string()).optional(),
  healthcheck: z
    .strictObject({
      test: z.array(z.string()),
      interval: z.string(),
      timeout: z.string(),
      start_period: z.string(),
      retries: z.number(),
    })
    .optional(),
  depends_on: z
    .union([z.array(z.string()), z.record(z.string(), z.strictObject({ condition: z.literal("service_healthy") }))])
    .optional(),
  deploy: z.strictObject({ replicas: z.number() }).optional(),
  profiles: z.array(z.string()).optional(),
  stop_grace_period: z.string().optional(),
  restart: z.string().optional(),
  read_only: z.literal(true).optional(),
  tmpfs: z.array(z.string()).optional(),
  cap_drop: z.array(z.string()).optional(),
  security_opt: z.array(z.string()).optional(),
});

describe("compose.yaml", () => {
  const { services, volumes } = z
    .looseObject({ services: z.record(z.string(), service), volumes: z.record(z.string(), z.unknown()) })
    .parse(parse(read(`${folder}/compose.yaml`), { merge: true }));
  const { emulator, work, submit, prometheus } = services;

  test("has an emulator, three workers, one who submits, and Prometheus", () => {
    expect(Object.keys(services)).toEqual(["emulator", "work", "submit", "prometheus"]);
    expect(work?.deploy?.replicas).toBe(3);
  });

  test("runs commands that the program takes", () => {
    expect(refusalOf(["emulator", ...(emulator?.command ?? [])])).toBeUndefined();
    expect(refusalOf(work?.command ?? [])).toBeUndefined();
    expect(refusalOf(submit?.command ?? [])).toBeUndefined();
    expect(refusalOf([...(work?.command ?? []), "--no-such-flag"])).toContain("--no-such-flag");
  });

  test("sets variables that are read, and the same ones everywhere", () => {
    const known: readonly string[] = [
      ...settingNames.map(variableOf),
      ...["TENCENTCLOUD_SECRETID", "TENCENTCLOUD_SECRETKEY"],
      ...["AWS_ENDPOINT_URL_SQS", "AWS_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"],
    ];
    expect(Object.keys(emulator?.environment ?? {}).filter((name) => !known.includes(name))).toEqual([]);
    expect(work?.environment).toEqual(emulator?.environment);
    expect(submit?.environment).toEqual(emulator?.environment);
  });

  test("builds from, mounts and waits for what is there, and opens ports on loopback alone", () => {
    for (const { build, volumes: mounted = [], depends_on: on = {} } of Object.values(services)) {
      if (build !== undefined) {
        const context = posix.join(folder, build.context);
        expect(read(posix.join(context, build.dockerfile))).toContain(` AS ${build.target}\n`);
      }
      for (const mount of mounted) {
        const [from = ""] = mount.split(":");
        // What is not in the repository is the user's own.
        if (from !== "./pictures" && from.startsWith("."))
          expect(existsSync(resolve(root, folder, from)), from).toBe(true);
        else if (!from.startsWith(".")) expect(Object.keys(volumes)).toContain(from);
      }
      const waitedFor = Array.isArray(on) ? [] : Object.keys(on);
      for (const name of waitedFor) expect(services[name]?.healthcheck, name).toBeDefined();
    }
    expect(prometheus?.command).toEqual(["--config.file=/etc/prometheus/prometheus.yml"]);
    const scraped = parse(read(`${folder}/prometheus.yml`)).scrape_configs[0].dns_sd_configs[0];
    expect(work?.command.at(-1)).toBe(`0.0.0.0:${scraped.port}`);
    expect(scraped.names).toEqual(["work"]);
    for (const each of [emulator, work, submit]) expect(each).toMatchObject({ read_only: true, cap_drop: ["ALL"] });
  });
});

const metadata = z.strictObject({ name: z.string(), labels: z.record(z.string(), z.string()) });
const get = z.strictObject({
  httpGet: z.strictObject({ path: z.enum(["/healthz", "/readyz"]), port: z.literal("metrics") }),
  periodSeconds: z.number(),
  timeoutSeconds: z.number().optional(),
  failureThreshold: z.number().optional(),
});
const pod = z.strictObject({
  restartPolicy: z.literal("Never").optional(),
  automountServiceAccountToken: z.literal(false),
  terminationGracePeriodSeconds: z.literal(40),
  securityContext: z.strictObject({
    runAsNonRoot: z.literal(true),
    runAsUser: z.literal(65532),
    runAsGroup: z.literal(65532),
    seccompProfile: z.strictObject({ type: z.literal("RuntimeDefault") }),
  }),
  containers: z.tuple([
    z.strictObject({
      name: z.string(),
      image: z.literal("cos-originals"),
      args: z.array(z.string()),
      envFrom: z.tuple([
        z.strictObject({ secretRef: z.strictObject({ name: z.literal("cos-originals-credentials") }) }),
      ]),
      ports: z.array(z.strictObject({ name: z.literal("metrics"), containerPort: z.number() })).optional(),
      startupProbe: get.optional(),
      livenessProbe: get.optional(),
      readinessProbe: get.optional(),
      resources: z.strictObject({
        requests: z.strictObject({ cpu: z.string(), memory: z.string() }),
        limits: z.strictObject({ memory: z.string() }),
      }),
      securityContext: z.strictObject({
        allowPrivilegeEscalation: z.literal(false),
        readOnlyRootFilesystem: z.literal(true),
        capabilities: z.strictObject({ drop: z.tuple([z.literal("ALL")]) }),
      }),
      volumeMounts: z.array(
        z.strictObject({ name: z.string(), mountPath: z.string(), readOnly: z.literal(true).optional() }),
      ),
    }),
  ]),
  volumes: z.array(
    z.strictObject({
      name: z.string(),
      configMap: z.strictObject({ name: z.string() }).optional(),
      emptyDir: z.strictObject({}).optional(),
    }),
  ),
});
const template = z.strictObject({
  metadata: z.strictObject({
    labels: z.record(z.string(), z.string()),
    annotations: z.record(z.string(), z.string()).optional(),
  }),
  spec: pod,
});
const manifest = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("ConfigMap"),
    apiVersion: z.literal("v1"),
    metadata,
    data: z.record(z.string(), z.string()),
  }),
  z.strictObject({
    kind: z.literal("Deployment"),
    apiVersion: z.literal("apps/v1"),
    metadata,
    spec: z.strictObject({
      replicas: z.number(),
      selector: z.strictObject({ matchLabels: z.record(z.string(), z.string()) }),
      template,
    }),
  }),
  z.strictObject({
    kind: z.literal("CronJob"),
    apiVersion: z.literal("batch/v1"),
    metadata,
    spec: z.strictObject({
      schedule: z.string().regex(/^(\S+ ){4}\S+$/),
      timeZone: z.string(),
      concurrencyPolicy: z.literal("Forbid"),
      startingDeadlineSeconds: z.number(),
      successfulJobsHistoryLimit: z.number(),
      failedJobsHistoryLimit: z.number(),
      jobTemplate: z.strictObject({ spec: z.strictObject({ backoffLimit: z.number(), template }) }),
    }),
  }),
]);

describe("Kubernetes", () => {
  const files = readdirSync(resolve(root, "deploy/kubernetes")).sort();
  const manifests = files.flatMap((file) =>
    parseAllDocuments(read(`deploy/kubernetes/${file}`)).map((document) => manifest.parse(document.toJS())),
  );
  const config = manifests.find((each) => each.kind === "ConfigMap");
  const templates = manifests.flatMap((each) =>
    each.kind === "Deployment"
      ? [each.spec.template]
      : each.kind === "CronJob"
        ? [each.spec.jobTemplate.spec.template]
        : [],
  );

  test("has settings, workers and a nightly run, and no secret in any file", () => {
    expect(manifests.map(({ kind }) => kind).sort()).toEqual(["ConfigMap", "CronJob", "Deployment"]);
    expect(files.map((file) => read(`deploy/kubernetes/${file}`)).join("\n")).not.toMatch(/^kind: Secret/m);
  });

  test("runs commands that the program takes, with settings that it reads", () => {
    for (const [file, text] of Object.entries(config?.data ?? {})) {
      const { given } = readSettings({ environment: {}, file: { path: file, texts: parseConfig(file, text) } });
      expect([given("source"), given("archive"), given("queue")]).toEqual([true, true, true]);
    }
    for (const { spec } of templates) {
      const [{ args, volumeMounts }] = spec.containers;
      expect(refusalOf(args)).toBeUndefined();
      expect(volumeMounts.map(({ name }) => name)).toEqual(spec.volumes.map(({ name }) => name));
      const at = args.indexOf("--config") + 1;
      expect(volumeMounts.map(({ mountPath }) => mountPath)).toContain(posix.dirname(args[at] ?? ""));
      expect(config?.data).toHaveProperty([posix.basename(args[at] ?? "")]);
      for (const { configMap } of spec.volumes) expect([undefined, config?.metadata.name]).toContain(configMap?.name);
    }
  });

  test("probes the port that its worker listens on, and selects the pods that it makes", () => {
    const deployment = manifests.find((each) => each.kind === "Deployment");
    const [container] = deployment?.spec.template.spec.containers ?? [];
    expect(container?.args.at(-1)).toBe(`0.0.0.0:${container?.ports?.[0]?.containerPort}`);
    expect(deployment?.spec.template.metadata.annotations).toMatchObject({
      "prometheus.io/port": String(container?.ports?.[0]?.containerPort),
    });
    expect(deployment?.spec.template.metadata.labels).toEqual(deployment?.spec.selector.matchLabels);
  });

  test("asks a worker for what it serves, as the image's own check and Prometheus do", async () => {
    const deployment = manifests.find((each) => each.kind === "Deployment");
    const [container] = deployment?.spec.template.spec.containers ?? [];
    const { startupProbe, livenessProbe, readinessProbe } = container ?? {};
    const probed = [startupProbe, livenessProbe, readinessProbe].map((probe) => probe?.httpGet.path ?? "none");
    const checked = /:\$\{port\}(\/\w+)/.exec(read(`${folder}/healthcheck.mjs`))?.[1] ?? "none";
    const probes = createProbes({ checks: [], clock: systemClock, version: "1.0.0", underWay: () => 0 });
    const registry = { contentType: "text/plain", text: async () => "" };
    const server = await startWorkerServer({ host: "127.0.0.1", port: 0 }, probes, registry, systemClock);
    try {
      const ask = async (path: string) => (await fetch(new URL(path, server.address))).status;
      // Where it does not say otherwise, Prometheus asks for /metrics.
      for (const path of [...probed, checked, "/metrics"]) expect(await ask(path), path).toBe(200);
      expect(await ask("/health")).toBe(404);
    } finally {
      await server.close();
    }
    // A look at queue and ledger takes five seconds at most.
    expect(readinessProbe?.timeoutSeconds).toBeGreaterThan(5);
  });

  test("refuses a misspelt field, as a cluster would", () => {
    const [deployment = {}] = manifests.filter(({ kind }) => kind === "Deployment");
    expect(manifest.safeParse({ ...deployment, replica: 3 }).success).toBe(false);
  });
});
