/**
 * A secret that AWS keeps, by name: a parameter of SSM's Parameter Store, or a secret of Secrets Manager. One signed request brings it, by
 * their JSON protocol 1.1; nothing here keeps it.
 *
 *   ssm:/cos-originals/prod/cos                        GetParameter (AWS Systems Manager API Reference)
 *   secretsmanager:cos-originals/prod/cos              GetSecretValue (AWS Secrets Manager API Reference)
 *   ssm:arn:…, secretsmanager:arn:…                    in another region, or shared by another account
 *
 * That of credentials is JSON: {"secretId": …, "secretKey": …, "sessionToken"?: …}. No error quotes any of it.
 */
import aws4 from "aws4";
import * as z from "zod";
import type { CreateHttp, HttpReply } from "../http/port/http.ts";
import { isSecretName, type SecretService } from "../policy/credentials/origin.ts";
import type { Clock } from "../vocabulary/clock.ts";
import { ensureError, quote, UserError } from "../vocabulary/errors.ts";
import { isLoopback } from "../vocabulary/loopback.ts";
import { createRedaction, createSecrets, type Redact } from "../vocabulary/redaction.ts";
import type { Credentials, CredentialsProvider, Environment } from "./credentials.ts";
import type { CredentialsOrigin } from "./renewing.ts";

/** Which secret, in which service. */
export interface SecretReference {
  readonly service: SecretService;
  /** A name, or an ARN. */
  readonly name: string;
  /** The variable or flag that names it, for messages. */
  readonly variable: string;
}

export interface SecretWorld {
  /** Of it region and endpoint are read: AWS_REGION, AWS_ENDPOINT_URL_SSM and so on. */
  readonly environment: Environment;
  /** Of AWS. */
  readonly credentials: CredentialsProvider;
  readonly createHttp: CreateHttp;
  readonly clock: Pick<Clock, "now" | "sleep">;
}

const services = {
  ssm: {
    title: "SSM's Parameter Store",
    target: "AmazonSSM.GetParameter",
    action: "ssm:GetParameter",
    endpoint: (env: Environment) => env.AWS_ENDPOINT_URL_SSM,
    input: (name: string) => ({ Name: name, WithDecryption: true }),
    output: z.object({ Parameter: z.object({ Value: z.string() }) }).transform(({ Parameter }) => Parameter.Value),
  },
  secretsmanager: {
    title: "Secrets Manager",
    target: "secretsmanager.GetSecretValue",
    action: "secretsmanager:GetSecretValue",
    endpoint: (env: Environment) => env.AWS_ENDPOINT_URL_SECRETS_MANAGER,
    input: (name: string) => ({ SecretId: name }),
    output: z.object({ SecretString: z.string() }).transform(({ SecretString }) => SecretString),
  },
} as const;

/**
 * What a variable's text names; undefined where it names no secret of AWS: it may be one itself, so nothing quotes it.
 *
 * @throws UserError `InvalidSetting`
 */
export function secretReference(text: string | undefined, variable: string): SecretReference | undefined {
  const [, service, name = ""] = /^\s*(ssm|secretsmanager):(.*?)\s*$/s.exec(text ?? "") ?? [];
  if (service !== "ssm" && service !== "secretsmanager") return undefined;
  if (isSecretName(name)) return { service, name, variable };
  throw new UserError(
    "InvalidSetting",
    `${variable} ${quote(`${service}:${name}`)} names no secret; ${service}:${service === "ssm" ? "/" : ""}cos-originals/cos would do.`,
  );
}

/** For people: `the parameter …`. */
export function secretSaid({ service, name, variable }: SecretReference): string {
  return `${quote(name)} of ${services[service].title} (${variable})`;
}

/** Tries of what may pass, and what lies between them at first, milliseconds. */
const TRIES = 3;
const PAUSE_MS = 200;
const timeouts = { connectMs: 3_000, headersMs: 5_000, bodyIdleMs: 5_000 };

/** What is kept there. Rejects with UserError `SecretUnreadable`, or `SecretUnreachable` where that may pass. */
export async function readSecret(reference: SecretReference, world: SecretWorld): Promise<string> {
  const http = world.createHttp({ connections: 1, timeouts });
  try {
    for (let tried = 1; ; tried++) {
      try {
        return await readOnce(reference, world, http);
      } catch (thrown) {
        if (!(thrown instanceof UserError) || thrown.code !== "SecretUnreachable" || tried === TRIES) throw thrown;
        await world.clock.sleep(PAUSE_MS * 4 ** (tried - 1));
      }
    }
  } finally {
    await http.close();
  }
}

async function readOnce(reference: SecretReference, world: SecretWorld, http: ReturnType<CreateHttp>): Promise<string> {
  const { target, input, output } = services[reference.service];
  const { url, region } = destination(reference, world.environment);
  const { secretId, secretKey, sessionToken } = await world.credentials.get();
  const body = JSON.stringify(input(reference.name));
  const { headers = {} } = aws4.sign(
    {
      service: reference.service,
      region,
      method: "POST",
      path: "/",
      body,
      headers: {
        host: url.host,
        "content-type": "application/x-amz-json-1.1",
        "x-amz-target": target,
        "x-amz-date": new Date(world.clock.now()).toISOString().replace(/[-:]|\.\d{3}/g, ""),
      },
    },
    {
      accessKeyId: secretId,
      secretAccessKey: secretKey,
      ...(sessionToken === undefined ? undefined : { sessionToken }),
    },
  );
  const signature = /Signature=([0-9a-f]+)/.exec(String(headers.Authorization))?.[1];
  const redact = createRedaction(createSecrets([secretId, secretKey, sessionToken, signature]));
  const said = secretSaid(reference);
  const reply = await new Promise<HttpReply>((resolve, reject) => {
    const pairs = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), String(value)] as const);
    http.send(
      { origin: url.origin, method: "POST", target: "/", headers: pairs, body: Buffer.from(body), bufferUpTo: "whole" },
      {
        onReply: resolve,
        onError(thrown) {
          const { message } = ensureError(thrown);
          const why = `The secret ${said} can't be read: ${url.origin} could not be reached (${redact(message)}); check that this network may reach it.`;
          reject(new UserError("SecretUnreachable", why, { cause: thrown }));
        },
      },
    );
  });
  const text = reply.kind === "bytes" ? Buffer.concat([reply.bytes, ...(reply.more ?? [])]).toString() : "";
  const json = parsed(text);
  if (reply.status !== 200) throw refusal(reference, reply.status, json, redact);
  const value = output.safeParse(json);
  if (value.success) return value.data;
  throw new UserError(
    "SecretUnreadable",
    `The secret ${said} can't be read: ${url.origin} answered with what holds no text of a secret; a secret is stored as text, and the endpoint must be that of AWS.`,
  );
}

const errorShape = z.object({ __type: z.string(), message: z.string().optional(), Message: z.string().optional() });

function refusal(reference: SecretReference, status: number, json: unknown, redact: Redact): UserError {
  const { title, action } = services[reference.service];
  const error = errorShape.safeParse(json).data;
  const name = error?.__type.replace(/^.*#/, "").replace(/:.*$/, "") ?? "";
  const service = redact(error?.message ?? error?.Message ?? "").replace(/\.$/, "");
  const told = redact(name === "" ? `status ${status}` : service === "" ? name : `${name}: ${service}`);
  const said = `The secret ${secretSaid(reference)} can't be read`;
  if (status >= 500 || status === 429 || /Throttl|RequestLimit|InternalS/.test(name)) {
    return new UserError("SecretUnreachable", `${said} just now: ${title} answered ${told}.`);
  }
  return new UserError("SecretUnreadable", `${said}: ${adviceOf(name, action)} (${told}).`);
}

function adviceOf(name: string, action: string): string {
  if (/^(ParameterNotFound|ParameterVersionNotFound|ResourceNotFoundException)$/.test(name))
    return "it is not there; check the name and AWS_REGION, or store it";
  if (/^AccessDenied/.test(name))
    return `that is not allowed; allow ${action} on it, and kms:Decrypt on its key where that is one of your own`;
  if (/^(DecryptionFailure|InvalidKeyId|KMS)/.test(name)) return "it can't be decrypted; allow kms:Decrypt on its key";
  if (
    /UnrecognizedClient|InvalidSignature|ExpiredToken|IncompleteSignature|MissingAuthentication|InvalidClientTokenId/.test(
      name,
    )
  )
    return "the AWS credentials are refused; check AWS_ACCESS_KEY_ID, and the clock";
  return `it was refused; ${action} on it must be allowed, and it must be there`;
}

function destination({ service, name, variable }: SecretReference, env: Environment): { url: URL; region: string } {
  const region = /^arn:[^:]+:[^:]+:([^:]+):/.exec(name)?.[1] ?? (env.AWS_REGION || env.AWS_DEFAULT_REGION);
  if (region === undefined || region === "") {
    throw new UserError(
      "MissingRegion",
      `${variable} names a secret of AWS, and no region to look for it: set AWS_REGION, or give the secret's whole ARN.`,
    );
  }
  const { title, endpoint } = services[service];
  const set = endpoint(env) || env.AWS_ENDPOINT_URL;
  const domain = region.startsWith("cn-") ? "amazonaws.com.cn" : "amazonaws.com";
  const text = set || `https://${service}.${region}.${domain}`;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol === "https:" || (url?.protocol === "http:" && isLoopback(url.hostname))) return { url, region };
  throw new UserError(
    "InvalidEndpoint",
    `The endpoint ${quote(text)} of ${title} is no https URL; set AWS_ENDPOINT_URL_${service === "ssm" ? "SSM" : "SECRETS_MANAGER"} to one, or unset it.`,
  );
}

const field = z.string().trim().min(1);
const credentialsShape = z.object({ secretId: field, secretKey: field, sessionToken: z.string().trim().optional() });
const shapeSaid = '{"secretId": "…", "secretKey": "…"}, and "sessionToken" of temporary ones';

/** Credentials that such a secret holds, to be kept and renewed (renewing.ts). */
export function secretOrigin(reference: SecretReference, world: SecretWorld): CredentialsOrigin {
  return {
    from: () => `the secret ${secretSaid(reference)}`,
    renews: false,
    find: async () => ({ credentials: credentialsInSecret(await readSecret(reference, world), reference) }),
  };
}

/** Credentials of such a secret's text. Throws UserError `SecretUnreadable`, which quotes nothing of it. */
export function credentialsInSecret(text: string, reference: SecretReference): Credentials {
  const json = parsed(text);
  const wrong = (what: string) =>
    new UserError("SecretUnreadable", `The secret ${secretSaid(reference)} ${what}; it must be ${shapeSaid}.`);
  if (typeof json !== "object" || json === null || Array.isArray(json)) throw wrong("is no JSON object");
  const { data, error } = credentialsShape.safeParse(json);
  if (error !== undefined) throw wrong(`has no ${quote(String(error.issues[0]?.path[0]))} that is a text`);
  const { secretId, secretKey, sessionToken } = data;
  return sessionToken ? { secretId, secretKey, sessionToken } : { secretId, secretKey };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
