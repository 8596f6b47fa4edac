/**
 * Region, credentials and endpoint of an SQS request, as the AWS tools find them (AWS SDKs and Tools Reference Guide): given, or
 * from the environment that Lambda sets. Read anew for each request, so that renewed keys are used.
 */
import type { Credentials } from "../../credentials/credentials.ts";
import { quote, UserError } from "../../vocabulary/errors.ts";

/** Keys of an AWS account, or of a service that speaks its protocol. */
export interface AwsCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string | undefined;
}
/** Keys, or a function that is asked for them before each request. */
export type CredentialsSource = AwsCredentials | (() => Promise<AwsCredentials>);
/** AWS's name of a region, or a function that is asked for it. */
export type RegionSource = string | (() => Promise<string>);
/** Variables, like process.env. */
export type Environment = Readonly<Record<string, string | undefined>>;

export async function awsCredentials(source: CredentialsSource | undefined, env: Environment): Promise<AwsCredentials> {
  const given = typeof source === "function" ? await source() : source;
  const accessKeyId = given?.accessKeyId ?? env.AWS_ACCESS_KEY_ID;
  const secretAccessKey = given?.secretAccessKey ?? env.AWS_SECRET_ACCESS_KEY;
  const sessionToken = given ? given.sessionToken : env.AWS_SESSION_TOKEN;
  if (!accessKeyId || !secretAccessKey) {
    const missing = accessKeyId ? "AWS_SECRET_ACCESS_KEY" : secretAccessKey ? "AWS_ACCESS_KEY_ID" : undefined;
    throw new UserError(
      "MissingCredentials",
      `The queue cannot be called without AWS credentials: set ${missing ?? "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"} (and AWS_SESSION_TOKEN for temporary ones), or give credentials to SQSClient.`,
    );
  }
  return { accessKeyId, secretAccessKey, sessionToken: sessionToken || undefined };
}

/** By the names of the AWS tools. */
export function asAws({ secretId, secretKey, sessionToken }: Credentials): AwsCredentials {
  return { accessKeyId: secretId, secretAccessKey: secretKey, sessionToken };
}

/** Hosts of AWS's own queues: `sqs.eu-west-1.amazonaws.com`, `eu-west-1.queue.amazonaws.com`, and in China `.com.cn`. */
export function regionOfHost(host: string): string | undefined {
  const match = /^(?:sqs\.([a-z0-9-]+)|([a-z0-9-]+)\.queue)\.amazonaws\.com(?:\.cn)?$/.exec(host);
  return match?.[1] ?? match?.[2];
}

export interface Destination {
  /** Origin and path; the request is POSTed there. */
  readonly url: URL;
  readonly region: string;
}

export interface DestinationSettings {
  readonly region?: RegionSource | undefined;
  readonly endpoint?: string | undefined;
}

/** Where a request about this queue goes. A queue URL's host is dialled unless an endpoint is set. */
export async function destination(
  settings: DestinationSettings,
  queueUrl: string | undefined,
  env: Environment,
): Promise<Destination> {
  const set = settings.endpoint ?? env.AWS_ENDPOINT_URL_SQS ?? env.AWS_ENDPOINT_URL;
  const ofQueue = set === undefined ? httpUrl(queueUrl) : undefined;
  const given = typeof settings.region === "function" ? await settings.region() : settings.region;
  // An empty variable is a variable that is not set.
  const region =
    given || (ofQueue && regionOfHost(ofQueue.hostname)) || env.AWS_REGION || env.AWS_DEFAULT_REGION || undefined;
  if (region === undefined) {
    throw new UserError(
      "MissingRegion",
      "The queue cannot be called without an AWS region: set AWS_REGION (or AWS_DEFAULT_REGION), or give region to SQSClient.",
    );
  }
  if (set !== undefined) {
    const url = httpUrl(set);
    if (url) return { url, region };
    throw new UserError(
      "InvalidEndpoint",
      `The queue endpoint ${quote(set)} is no http or https URL; give one like https://sqs.eu-west-1.amazonaws.com.`,
    );
  }
  if (ofQueue) return { url: new URL("/", ofQueue), region };
  const domain = region.startsWith("cn-") ? "amazonaws.com.cn" : "amazonaws.com";
  return { url: new URL(`https://sqs.${region}.${domain}/`), region };
}

function httpUrl(text: string | undefined): URL | undefined {
  if (text === undefined || !/^https?:\/\//i.test(text) || !URL.canParse(text)) return undefined;
  return new URL(text);
}
