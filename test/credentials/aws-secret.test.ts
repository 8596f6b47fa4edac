/** A secret that AWS keeps, by name. Would catch: one that is read unsigned or still encrypted, and one that an error shows. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { awsEnvironmentCredentials } from "../../src/credentials/aws-environment.ts";
import { credentialsInSecret, readSecret, secretOrigin, secretReference } from "../../src/credentials/aws-secret.ts";
import type { Environment } from "../../src/credentials/credentials.ts";
import { createWireHttp } from "../../src/http/wire/client.ts";
import { UserError } from "../../src/vocabulary/errors.ts";
import { awsKeys, openSecretsServer, type SecretsServer } from "./aws-secrets-server.ts";

let aws: SecretsServer;
beforeEach(async () => {
  aws = await openSecretsServer();
});
afterEach(() => aws.close());

const pauses: number[] = [];
const worldOf = (environment: Environment) => ({
  environment,
  credentials: awsEnvironmentCredentials(environment),
  createHttp: createWireHttp,
  clock: { now: () => Date.UTC(2026, 10, 30), sleep: async (ms: number) => void pauses.push(ms) },
});
const referenceOf = (text: string) => {
  const reference = secretReference(text, "ORIGINALS_CREDENTIALS_FROM");
  if (reference === undefined) throw new Error(`${text} names no secret`);
  return reference;
};
const read = (text: string, env: Environment = aws.env) => readSecret(referenceOf(text), worldOf(env));

async function refused(work: Promise<unknown>): Promise<UserError> {
  const error = await work.then(
    () => new Error("it was read"),
    (thrown) => thrown,
  );
  if (!(error instanceof UserError)) throw error;
  for (const secret of Object.values(awsKeys)) expect(error.message).not.toContain(secret);
  expect(error.message).not.toMatch(/Signature=[0-9a-f]/);
  return error;
}

describe("a secret", () => {
  test.each(["ssm:/cos-originals/dev/cos", "secretsmanager:cos-originals/dev/cos"])(
    "%s is read by one request, signed as AWS says, in the clear",
    async (name) => {
      aws.texts.set(name, "what is kept");
      expect(await read(name)).toBe("what is kept");
      expect(aws.asked).toEqual([name]);
    },
  );

  test("is looked for in the region that its ARN names", async () => {
    const arn = "ssm:arn:aws:ssm:eu-west-1:123456789012:parameter/cos";
    aws.texts.set(arn, "what is kept");
    expect(await read(arn, { ...aws.env, AWS_REGION: "" })).toBe("what is kept");
    expect((await refused(read("ssm:/cos", { ...aws.env, AWS_REGION: "" }))).message).toBe(
      "ORIGINALS_CREDENTIALS_FROM names a secret of AWS, and no region to look for it: set AWS_REGION, or give the secret's whole ARN.",
    );
  });

  test("is asked for three times where that may pass", async () => {
    pauses.length = 0;
    aws.texts.set("ssm:/cos", "what is kept");
    aws.failures.push({ status: 500, body: "<html>" }, { status: 400, body: '{"__type":"ThrottlingException"}' });
    expect(await read("ssm:/cos")).toBe("what is kept");
    aws.failures.push(...[1, 2, 3].map(() => ({ status: 503, body: "" })));
    const error = await refused(read("ssm:/cos"));
    expect([error.code, error.message]).toEqual([
      "SecretUnreachable",
      `The secret "/cos" of SSM's Parameter Store (ORIGINALS_CREDENTIALS_FROM) can't be read just now: SSM's Parameter Store answered status 503.`,
    ]);
    expect(pauses).toEqual([200, 800, 200, 800]);
  });

  const { AWS_SESSION_TOKEN: token } = awsKeys;
  test.each([
    [
      "AccessDeniedException",
      "User: x is not authorized",
      /that is not allowed; allow ssm:GetParameter on it, and kms:Decrypt/,
    ],
    [
      "ParameterNotFound",
      undefined,
      /it is not there; check the name and AWS_REGION, or store it \(ParameterNotFound\)\.$/,
    ],
    [
      "com.amazonaws#InvalidKeyId",
      "the key is away.",
      /it can't be decrypted; allow kms:Decrypt on its key \(InvalidKeyId: the key is away\)\.$/,
    ],
    [
      "UnrecognizedClientException",
      `The token ${token} is invalid`,
      /the AWS credentials are refused; .*The token \[redacted\] is/,
    ],
    [
      "NobodyKnows",
      "",
      /it was refused; ssm:GetParameter on it must be allowed, and it must be there \(NobodyKnows\)\.$/,
    ],
  ])("that is refused as %s is told with what to do", async (__type, message, said) => {
    aws.failures.push({ status: 400, body: JSON.stringify({ __type, message }) });
    const error = await refused(read("ssm:/cos"));
    expect(error.code).toBe("SecretUnreadable");
    expect(error.message).toMatch(
      /^The secret "\/cos" of SSM's Parameter Store \(ORIGINALS_CREDENTIALS_FROM\) can't be read: /,
    );
    expect(error.message).toMatch(said);
    expect(aws.asked).toHaveLength(1);
  });

  test("is not there where its name is another's", async () => {
    const error = await refused(read("secretsmanager:cos"));
    expect(error.message).toContain("it is not there; check the name");
  });

  test("that is no text, or whose endpoint is another's, is refused", async () => {
    aws.failures.push({ status: 200, body: '{"SecretBinary":"c2VjcmV0LWJ5dGVz"}' });
    expect((await refused(read("secretsmanager:cos"))).message).toMatch(/holds no text of a secret/);
    const plain = { ...aws.env, AWS_ENDPOINT_URL_SSM: "http://ssm.example" };
    expect((await refused(read("ssm:/cos", plain))).message).toContain(
      '"http://ssm.example" of SSM\'s Parameter Store is no https URL',
    );
    const nobody = { ...aws.env, AWS_ENDPOINT_URL_SSM: "http://127.0.0.1:1" };
    expect((await refused(read("ssm:/cos", nobody))).code).toBe("SecretUnreachable");
  });
});

describe("a name", () => {
  test.each(["ssm:/a/b", "ssm:name:3", "secretsmanager:a/b-X1@x", "ssm:arn:aws:ssm:r:1:parameter/a"])(
    "is %s",
    (text) => {
      expect(secretReference(` ${text}\n`, "S")).toMatchObject({ name: text.slice(text.indexOf(":") + 1) });
    },
  );

  test.each([undefined, "", "whsec_abc", '{"secretId": "ssm:"}'])("is not %s", (text) => {
    expect(secretReference(text, "S")).toBeUndefined();
  });

  test("that can't be one is refused", () => {
    expect(() => secretReference("ssm:a b", "S")).toThrow(
      'S "ssm:a b" names no secret; ssm:/cos-originals/cos would do.',
    );
  });
});

describe("credentials in a secret", () => {
  const reference = referenceOf("ssm:/cos");
  const inSecret = (text: string) => credentialsInSecret(text, reference);

  test("are its secretId, its secretKey, and the sessionToken of temporary ones", async () => {
    expect(inSecret('{"secretId": "AKIDx", "secretKey": " key\\n", "owner": "us"}')).toEqual({
      secretId: "AKIDx",
      secretKey: "key",
    });
    aws.texts.set("ssm:/cos", '{"secretId": "AKIDx", "secretKey": "key", "sessionToken": "token"}');
    const origin = secretOrigin(reference, worldOf(aws.env));
    expect(await origin.find()).toEqual({
      credentials: { secretId: "AKIDx", secretKey: "key", sessionToken: "token" },
    });
    expect(origin.from()).toBe(`the secret "/cos" of SSM's Parameter Store (ORIGINALS_CREDENTIALS_FROM)`);
  });

  test.each([
    ["hush-hush", "is no JSON object"],
    ['["hush-hush"]', "is no JSON object"],
    ['{"secretId": "hush-hush"}', 'has no "secretKey" that is a text'],
    ['{"secretKey": "hush-hush", "secretId": 5}', 'has no "secretId" that is a text'],
    ['{"secretKey": "hush-hush", "secretId": " "}', 'has no "secretId" that is a text'],
  ])("are not in %s", (text, said) => {
    const failure = (() => {
      try {
        return String(inSecret(text));
      } catch (thrown) {
        return (thrown as Error).message;
      }
    })();
    expect(failure).toContain(
      `"/cos" of SSM's Parameter Store (ORIGINALS_CREDENTIALS_FROM) ${said}; it must be {"secretId": "…",`,
    );
    expect(failure).not.toContain("hush");
  });
});
