import { execFile, spawn } from "node:child_process";
import { symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { madeOnce } from "../../setup/made-once.ts";

const root = fileURLToPath(new URL("../../../", import.meta.url));

export interface Built {
  readonly folder: string;
  /** The command line's file. */
  readonly cli: string;
}

/** What is shipped, built once for all tests of a run and aside from dist/, so that a test runs what it says it runs. */
export async function build(): Promise<Built> {
  const folder = await madeOnce("built", async (made) => {
    // The library finds its dependencies there.
    await symlink(join(root, "node_modules"), join(made, "node_modules"), "junction");
    await promisify(execFile)(process.execPath, [join(root, "scripts/build.mjs"), "--outdir", join(made, "dist")]);
  });
  return { folder, cli: join(folder, "dist/cli.js") };
}

/** Of whoever runs the tests: they must make no difference. */
const proxies = Object.fromEntries(
  ["HTTP_PROXY", "HTTPS_PROXY"].flatMap((name) => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value]];
  }),
);

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Started {
  readonly pid: number;
  kill(signal: NodeJS.Signals): void;
  /** Resolves once this was written to standard output or standard error. */
  says(text: string | RegExp): Promise<string>;
  /** Stops reading standard output. */
  closeStdout(): void;
  readonly ended: Promise<Ended>;
}

/** Is not there: whoever develops this may keep keys at home. */
const nobodysHome = join(tmpdir(), "originals-of-nobody");

export function start(
  cli: string,
  args: readonly string[],
  env: Record<string, string>,
  stdin?: string | Buffer,
): Started {
  const child = spawn(process.execPath, [cli, ...args], {
    env: { PATH: process.env.PATH ?? "", HOME: nobodysHome, ...proxies, ...env },
    stdio: "pipe",
  });
  let stdout = "";
  let stderr = "";
  const listeners = new Set<() => void>();
  const heard = () => {
    for (const listener of listeners) listener();
  };
  child.stdout.on("data", (chunk) => {
    stdout += chunk;
    heard();
  });
  child.stderr.on("data", (chunk) => {
    stderr += chunk;
    heard();
  });
  child.stdin.on("error", () => undefined);
  child.stdin.end(stdin);
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
  return {
    pid: child.pid ?? 0,
    kill: (signal) => {
      child.kill(signal);
    },
    says: (text) =>
      new Promise((resolve, reject) => {
        const look = () => {
          const all = stdout + stderr;
          if (!(typeof text === "string" ? all.includes(text) : text.test(all))) return;
          listeners.delete(look);
          resolve(all);
        };
        listeners.add(look);
        look();
        ended.then(
          ({ code }) => reject(new Error(`it ended with ${code} and never said ${text}:\n${stdout}${stderr}`)),
          reject,
        );
      }),
    closeStdout: () => child.stdout.destroy(),
    ended,
  };
}

export function runCli(
  cli: string,
  args: readonly string[],
  env: Record<string, string> = {},
  stdin?: string | Buffer,
): Promise<Ended> {
  return start(cli, args, env, stdin).ended;
}
