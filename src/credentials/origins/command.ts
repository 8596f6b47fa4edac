/**
 * A command that prints credentials as JSON, in any form that document.ts knows; AWS's `credential_process` is one. It is started without a
 * shell, has no standard input, and is killed after a minute. What it writes on standard error is not shown, for it may hold secrets.
 */
import { execFile } from "node:child_process";
import { quote } from "../../vocabulary/errors.ts";
import type { Environment } from "../credentials.ts";
import type { CredentialsOrigin } from "../renewing.ts";
import { readCredentialsDocument } from "./document.ts";
import { missing, type Signed, systemCode } from "./missing.ts";

const LIMIT_MS = 60_000;
const MOST_BYTES = 65_536;

export interface CommandOrigin {
  readonly of: Signed;
  readonly words: readonly [program: string, ...rest: string[]];
  readonly environment: Environment;
  /** Milliseconds. */
  readonly limit?: number | undefined;
}

export function commandOrigin({ of, words, environment, limit = LIMIT_MS }: CommandOrigin): CredentialsOrigin {
  const [program, ...rest] = words;
  // Its arguments may hold a secret.
  const what = `the command ${quote(program)}`;
  return {
    from: () => what,
    renews: true,
    async find() {
      const printed = await output(program, rest, environment, limit).catch((thrown: unknown) => {
        throw missing(of, `${what} ${failure(thrown, limit)}; try it by hand`);
      });
      try {
        return readCredentialsDocument(printed, `what ${what} prints`);
      } catch (thrown) {
        throw missing(of, `${(thrown as Error).message}; try it by hand`);
      }
    },
  };
}

function output(program: string, rest: readonly string[], environment: Environment, limit: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = {
      env: environment,
      timeout: limit,
      maxBuffer: MOST_BYTES,
      windowsHide: true,
      killSignal: "SIGKILL" as const,
    };
    const child = execFile(program, rest, options, (error, stdout) => (error ? reject(error) : resolve(stdout)));
    // Who asks for a password there is answered that nobody is.
    child.stdin?.on("error", () => undefined).end();
  });
}

function failure(thrown: unknown, limit: number): string {
  const { killed, code } = thrown as { readonly killed?: boolean; readonly code?: unknown };
  if (code === "ERR_CHILD_PROCESS_STDIO_MAXBUFFER") return `prints more than ${MOST_BYTES / 1_024} KiB`;
  if (killed === true) return `did not end within ${limit / 1_000} s`;
  return typeof code === "number" ? `failed with exit code ${code}` : `can't be started (${systemCode(thrown)})`;
}
