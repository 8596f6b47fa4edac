/**
 * All else that the AWS tools know: roles, single sign-on, web identities, containers, the machine's role. It is their own code, where somebody has
 * installed it beside this package: `@aws-sdk/credential-providers`, an optional peer, found by name from where this file lies, never from the working
 * folder, which may be a stranger's.
 */
import nodeModule from "node:module";
import { pathToFileURL } from "node:url";
import * as z from "zod";
import type { Clock } from "../../vocabulary/clock.ts";
import type { CredentialsOrigin } from "../renewing.ts";
import { missing } from "./missing.ts";

export const chainPackage = "@aws-sdk/credential-providers";

const LIMIT_MS = 60_000;

type Chain = (options?: { readonly forceRefresh?: boolean }) => Promise<unknown>;

const identity = z.object({
  accessKeyId: z.string().min(1),
  secretAccessKey: z.string().min(1),
  sessionToken: z.string().min(1).optional(),
  expiration: z.date().optional(),
});

/** Undefined where it is not installed. @param from a file's URL: what is installed for it is found */
export async function awsChainOrigin(
  clock: Pick<Clock, "sleep">,
  from = import.meta.url,
): Promise<CredentialsOrigin | undefined> {
  let path: string;
  try {
    path = nodeModule.createRequire(from).resolve(chainPackage);
  } catch {
    return undefined;
  }
  const installed: unknown = await import(pathToFileURL(path).href);
  const open = functionIn(installed) ?? functionIn((installed as { readonly default?: unknown }).default);
  if (open === undefined)
    throw missing("AWS", `${chainPackage} is installed, and has no fromNodeProviderChain; install its version 3`);
  const chain = open();
  let asked = false;
  return {
    from: () => `the AWS tools' own chain (${chainPackage})`,
    renews: true,
    async find() {
      // It keeps what it found; whoever asks here again wants newer ones.
      const given = identity.safeParse(await within(LIMIT_MS, clock, chain(asked ? { forceRefresh: true } : {})));
      asked = true;
      if (!given.success) throw missing("AWS", `${chainPackage} gave no credentials`);
      const { accessKeyId: secretId, secretAccessKey: secretKey, sessionToken, expiration } = given.data;
      const credentials = sessionToken === undefined ? { secretId, secretKey } : { secretId, secretKey, sessionToken };
      return expiration === undefined ? { credentials } : { credentials, until: expiration.getTime() };
    },
  };
}

function functionIn(module: unknown): (() => Chain) | undefined {
  const found = (module as { readonly fromNodeProviderChain?: unknown } | undefined)?.fromNodeProviderChain;
  return typeof found === "function" ? (found as () => Chain) : undefined;
}

async function within(limit: number, clock: Pick<Clock, "sleep">, asked: Promise<unknown>): Promise<unknown> {
  const stop = new AbortController();
  try {
    return await Promise.race([
      asked,
      clock.sleep(limit, stop.signal).then(() => {
        throw new Error(`no answer within ${limit / 1_000} s`);
      }),
    ]);
  } catch (thrown) {
    throw missing(
      "AWS",
      `set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY in the environment; the AWS tools' own chain (${chainPackage}) found no credentials: ${(thrown as Error).message}`,
      thrown,
    );
  } finally {
    stop.abort();
  }
}
