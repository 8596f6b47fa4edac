/** SSM's Parameter Store and Secrets Manager on loopback, as far as one secret is read: the JSON protocol 1.1, and its Signature Version 4. */
import { createHash, createHmac } from "node:crypto";
import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";

export const awsKeys = {
  AWS_ACCESS_KEY_ID: "AKIATESTSECRETS",
  AWS_SECRET_ACCESS_KEY: "aws-secret-key-of-tests",
  AWS_SESSION_TOKEN: "aws-session-token-of-tests",
} as const;

export interface SecretsServer {
  /** Region, endpoint and credentials, as a function's environment has them. */
  readonly env: Readonly<Record<string, string>>;
  /** Texts by their whole reference: `ssm:/cos-originals/cos`. */
  readonly texts: Map<string, string>;
  /** Answered next, one after the other, instead of a text. */
  readonly failures: { readonly status: number; readonly body: string }[];
  /** References that were read, and those that were refused. */
  readonly asked: string[];
  close(): Promise<void>;
}

export async function openSecretsServer(): Promise<SecretsServer> {
  const texts = new Map<string, string>();
  const failures: { status: number; body: string }[] = [];
  const asked: string[] = [];
  const server = createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request.setEncoding("utf8")) body += chunk;
    const reply = (status: number, json: object | string) => {
      response.writeHead(status, { "content-type": "application/x-amz-json-1.1" });
      response.end(typeof json === "string" ? json : JSON.stringify(json));
    };
    const refuse = (name: string, message: string) => reply(400, { __type: name, message });
    const target = String(request.headers["x-amz-target"]);
    const service = target === "AmazonSSM.GetParameter" ? "ssm" : "secretsmanager";
    const { Name, SecretId, WithDecryption } = JSON.parse(body);
    asked.push(`${service}:${Name ?? SecretId}`);
    const failure = failures.shift();
    if (failure !== undefined) return reply(failure.status, failure.body);
    if (service === "secretsmanager" && target !== "secretsmanager.GetSecretValue")
      return refuse("UnknownOperationException", target);
    if (!isSigned(request.headers, body, service)) {
      return refuse("InvalidSignatureException", `The signature of ${request.headers.authorization} does not match`);
    }
    const text = texts.get(`${service}:${Name ?? SecretId}`);
    if (text === undefined) {
      return service === "ssm"
        ? reply(400, { __type: "ParameterNotFound" })
        : refuse("ResourceNotFoundException", "Secrets Manager can't find the specified secret.");
    }
    // What is encrypted stays so where nobody asks for it in the clear.
    if (service === "ssm")
      return reply(200, { Parameter: { Name, Type: "SecureString", Value: WithDecryption ? text : "AQICAHh…" } });
    return reply(200, { Name: SecretId, SecretString: text });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    env: { ...awsKeys, AWS_REGION: "eu-west-1", AWS_ENDPOINT_URL_SSM: url, AWS_ENDPOINT_URL_SECRETS_MANAGER: url },
    texts,
    failures,
    asked,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");
const hmac = (key: string | Buffer, text: string) => createHmac("sha256", key).update(text).digest();

/** IAM User Guide, "Create a signed AWS API request", from what came. */
function isSigned(headers: IncomingHttpHeaders, body: string, service: string): boolean {
  const [, date = "", region = "", names = "", signature = ""] =
    /^AWS4-HMAC-SHA256 Credential=AKIATESTSECRETS\/(\d{8})\/([^/]+)\/[^/]+\/aws4_request, ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]+)$/.exec(
      String(headers.authorization),
    ) ?? [];
  const signed = names.split(";");
  if (!["host", "x-amz-date", "x-amz-target", "x-amz-security-token"].every((name) => signed.includes(name)))
    return false;
  if (headers["x-amz-security-token"] !== awsKeys.AWS_SESSION_TOKEN || region !== "eu-west-1") return false;
  const canonical = [
    "POST",
    "/",
    "",
    ...signed.map((name) => `${name}:${headers[name]}`),
    "",
    names,
    sha256(body),
  ].join("\n");
  const scope = `${date}/${region}/${service}/aws4_request`;
  const text = ["AWS4-HMAC-SHA256", headers["x-amz-date"], scope, sha256(canonical)].join("\n");
  const key = [date, region, service, "aws4_request"].reduce<string | Buffer>(
    hmac,
    `AWS4${awsKeys.AWS_SECRET_ACCESS_KEY}`,
  );
  return hmac(key, text).toString("hex") === signature;
}
