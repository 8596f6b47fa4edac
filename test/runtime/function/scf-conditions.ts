/**
 * Tencent SCF's conditions, for the bundle that is deployed there (facts of documents 583/9210, 583/11637 and 583/32748): one process serves one
 * invocation after the other and is stopped in between; it is killed at its time limit and replaced; its memory is bounded; nothing but /tmp can be
 * written; it has the platform's variables and context object. What it writes is kept as its log.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface ScfConditions {
  /** The folder of the bundle: dist/scf. */
  readonly bundle: string;
  /** The function's own variables: settings. */
  readonly variables: Readonly<Record<string, string>>;
  /** Of the role, as the platform gives them. */
  readonly credentials: { readonly secretId: string; readonly secretKey: string; readonly sessionToken?: string };
  /** MB; SCF's default is 128. */
  readonly memory?: number;
  /** Seconds; SCF's default is 3. */
  readonly timeout?: number;
}

export interface ScfInvocation {
  readonly result?: unknown;
  /** What was thrown, or the platform's word for a process that was killed. */
  readonly failed?: string;
  readonly log: readonly Readonly<Record<string, unknown>>[];
  /** The most memory that its process had so far, MB. */
  readonly mostMemory: number;
}

export interface ScfFunction {
  invoke(event: unknown): Promise<ScfInvocation>;
  /** How many processes there were so far. */
  starts(): number;
  close(): void;
}

const child = `const { main_handler } = require("./index.js");
process.on("message", ({ event, context }) => {
  main_handler(event, context).then(
    (result) => process.send({ result }),
    (error) => process.send({ failed: String(error && error.message) }),
  );
});
process.send("ready");
`;

/** Node's own permissions: reading anywhere, writing below the platform's /tmp alone, which `scratch` stands for. */
const readOnly = (scratch: string): readonly string[] => [
  process.allowedNodeEnvironmentFlags.has("--permission") ? "--permission" : "--experimental-permission",
  "--allow-fs-read=*",
  `--allow-fs-write=${scratch}/*`,
  "--no-warnings",
];

export function startScf({ bundle, variables, credentials, memory = 128, timeout = 3 }: ScfConditions): ScfFunction {
  const code = mkdtempSync(join(tmpdir(), "originals-scf-"));
  const scratch = mkdtempSync(join(tmpdir(), "originals-scf-tmp-"));
  cpSync(bundle, code, { recursive: true });
  writeFileSync(join(code, "bootstrap.js"), child);
  let running: ChildProcess | undefined;
  let written = "";
  let starts = 0;
  let requests = 0;

  async function started(): Promise<ChildProcess> {
    if (running !== undefined) {
      running.kill("SIGCONT");
      return running;
    }
    starts++;
    // What the process needs besides its heap: the platform counts all of it.
    const heap = Math.max(48, memory - 64);
    const began = spawn(process.execPath, [...readOnly(scratch), `--max-old-space-size=${heap}`, "bootstrap.js"], {
      cwd: code,
      env: {
        ...variables,
        TMPDIR: scratch,
        TENCENTCLOUD_RUNENV: "SCF",
        USER_CODE_ROOT: "/var/user/",
        NODE_PATH: "/opt/node_modules",
        TRIGGER_SRC: "timer",
        _SCF_SERVER_PORT: "28902",
        SCF_FUNCTIONNAME: "cos-originals",
        SCF_FUNCTIONVERSION: "$LATEST",
        SCF_NAMESPACE: "default",
        TENCENTCLOUD_REGION: "ap-guangzhou",
        TENCENTCLOUD_APPID: "1250000000",
        TENCENTCLOUD_UIN: "100000000001",
        TENCENTCLOUD_SECRETID: credentials.secretId,
        TENCENTCLOUD_SECRETKEY: credentials.secretKey,
        TENCENTCLOUD_SESSIONTOKEN: credentials.sessionToken ?? "",
      },
      stdio: ["ignore", "pipe", "pipe", "ipc"],
    });
    for (const stream of [began.stdout, began.stderr]) {
      stream?.on("data", (chunk) => {
        written += chunk;
      });
    }
    running = began;
    began.once("exit", () => {
      if (running === began) running = undefined;
    });
    await new Promise<void>((resolve, reject) => {
      began.once("message", () => resolve());
      began.once("exit", (code) => reject(new Error(`The function did not start (${code}): ${written}`)));
    });
    return began;
  }

  return {
    async invoke(event) {
      const one = await started();
      written = "";
      const context = {
        memory_limit_in_mb: memory,
        time_limit_in_ms: timeout * 1_000,
        request_id: `request-${++requests}`,
        environment: JSON.stringify(variables),
        environ: Object.entries(variables)
          .map(([name, value]) => `${name}=${value};`)
          .join(""),
        function_version: "$LATEST",
        function_name: "cos-originals",
        namespace: "default",
        tencentcloud_region: "ap-guangzhou",
        tencentcloud_appid: "1250000000",
        tencentcloud_uin: "100000000001",
      };
      const answer = await new Promise<{ result?: unknown; failed?: string }>((resolve) => {
        const killed = setTimeout(() => {
          resolve({ failed: `Invoking task timed out after ${timeout} seconds` });
          one.kill("SIGKILL");
          if (running === one) running = undefined;
        }, timeout * 1_000);
        const exited = () => resolve({ failed: "The process ended in the middle" });
        one.once("exit", exited);
        one.once("message", (told) => {
          clearTimeout(killed);
          one.off("exit", exited);
          resolve(told as { result?: unknown; failed?: string });
        });
        one.send({ event, context });
      });
      const mostMemory = memoryOf(one);
      // What it wrote before it answered may still be in the pipe.
      await new Promise((resolve) => setTimeout(resolve, 20));
      if (running === one) one.kill("SIGSTOP");
      return { ...answer, log: linesOf(written), mostMemory };
    },
    starts: () => starts,
    close() {
      running?.kill("SIGKILL");
      for (const folder of [code, scratch]) rmSync(folder, { recursive: true, force: true });
    },
  };
}

function linesOf(written: string): ScfInvocation["log"] {
  return written
    .split("\n")
    .filter((line) => line.startsWith("{"))
    .map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>);
}

/** The most it had in memory at once; 0 where the system does not tell. */
function memoryOf({ pid }: ChildProcess): number {
  try {
    const kib = /^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
    return Math.round(Number(kib ?? 0) / 1_024);
  } catch {
    return 0;
  }
}
