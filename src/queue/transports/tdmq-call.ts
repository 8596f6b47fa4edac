/** One action of TDMQ for CMQ: signed with the keys of the moment, and with newer ones where those are refused; tried again while its failure may pass. */
import { type CredentialsProvider, sameCredentials } from "../../credentials/credentials.ts";
import type { Clock, Random } from "../../vocabulary/clock.ts";
import { UserError } from "../../vocabulary/errors.ts";
import { SQSServiceException } from "../api/error.ts";
import type { CallOptions } from "../api/transport.ts";
import type { Environment } from "./aws-settings.ts";
import { ANSWER_TIMEOUT_MS, type Clients, type Exchange, exchange } from "./exchange.ts";
import { retrying } from "./retrying.ts";
import { tdmqSignature } from "./tdmq-signature.ts";
import { AUTH_FAILURE, decodeReply, type TdmqAction, type TdmqReply } from "./tdmq-wire.ts";

export interface TdmqCallOptions {
  readonly url: URL;
  readonly region: string;
  readonly env: Environment;
  /** Who signs, asked before each request, and for new ones after a refusal; absent: TENCENTCLOUD_* of `env`. */
  readonly signer?: CredentialsProvider | undefined;
  readonly clock: Clock;
  readonly random: Random;
  /** What sends it. */
  readonly clients: Clients;
}

export interface TdmqCallLimits {
  readonly timeoutMs: number;
  /** No try begins at or after this time, milliseconds by the clock's `elapsed`. */
  readonly until?: number;
  /** The parameters of a later try: a receive waits only for what is left of its time. */
  readonly again?: () => Iterable<readonly [string, string]>;
}

/** The returned function rejects as a Transport's do. */
export function createTdmqCall({ url, region, env, signer, clock, random, clients }: TdmqCallOptions) {
  async function keys() {
    if (signer !== undefined) return signer.get(clock.now());
    const { TENCENTCLOUD_SECRETID, TENCENTCLOUD_SECRETKEY, TENCENTCLOUD_SESSIONTOKEN } = env;
    return {
      secretId: TENCENTCLOUD_SECRETID,
      secretKey: TENCENTCLOUD_SECRETKEY,
      sessionToken: TENCENTCLOUD_SESSIONTOKEN,
    };
  }

  async function signed(
    action: TdmqAction,
    parameters: Iterable<readonly [string, string]>,
  ): Promise<Pick<Exchange, "body" | "secrets">> {
    const { secretId, secretKey, sessionToken: token } = await keys();
    if (!secretId || !secretKey) {
      throw new UserError(
        "MissingCredentials",
        "The queue cannot be called without Tencent Cloud credentials: set TENCENTCLOUD_SECRETID and TENCENTCLOUD_SECRETKEY (and TENCENTCLOUD_SESSIONTOKEN for temporary ones).",
      );
    }
    const all = new Map<string, string>([
      ...parameters,
      ["Action", action],
      ["Region", region],
      ["Timestamp", String(Math.floor(clock.now() / 1_000))],
      ["Nonce", String(1 + Math.floor(random() * 2_147_483_646))],
      ["SecretId", secretId],
      ["SignatureMethod", "HmacSHA256"],
    ]);
    if (token) all.set("Token", token);
    const signature = tdmqSignature("POST", url, all, secretKey);
    return {
      body: new URLSearchParams([...all, ["Signature", signature]]).toString(),
      secrets: [secretId, secretKey, token, signature],
    };
  }

  /** Was the refusal about the keys, and are there others now? */
  async function renewKeys(thrown: unknown): Promise<boolean> {
    if (signer?.refresh === undefined) return false;
    if (!(thrown instanceof SQSServiceException) || thrown.name !== AUTH_FAILURE) return false;
    const before = await signer.get(clock.now());
    // Whoever has none tells the refusal: it is what has to be understood.
    await signer.refresh().catch(() => undefined);
    return !sameCredentials(before, await signer.get(clock.now()));
  }

  return async function call(
    action: TdmqAction,
    parameters: Iterable<readonly [string, string]>,
    { abortSignal }: CallOptions,
    limits: TdmqCallLimits = { timeoutMs: ANSWER_TIMEOUT_MS },
  ): Promise<TdmqReply & { $metadata: { httpStatusCode: number; attempts: number; totalRetryDelay: number } }> {
    const given = [...parameters];
    const { value, attempts, totalRetryDelay } = await retrying(
      async (tried) => {
        const ask = async () => {
          const answer = await exchange({
            url,
            headers: { "content-type": "application/x-www-form-urlencoded" },
            ...(await signed(action, tried === 0 ? given : (limits.again?.() ?? given))),
            timeoutMs: limits.timeoutMs,
            signal: abortSignal,
            clients,
          });
          return { ...decodeReply(action, answer, url.origin), httpStatusCode: answer.status };
        };
        try {
          return await ask();
        } catch (thrown) {
          if (await renewKeys(thrown)) return ask();
          throw thrown;
        }
      },
      { clock, random, signal: abortSignal, until: limits.until },
    );
    const { httpStatusCode, ...reply } = value;
    const $metadata = {
      httpStatusCode,
      attempts,
      totalRetryDelay,
      ...(reply.requestId === undefined ? {} : { requestId: reply.requestId }),
    };
    return { ...reply, $metadata };
  };
}
