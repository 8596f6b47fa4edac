/** A webhook's secret that AWS keeps: read once, and anew after a receiver refused what was signed with it. */
import { afterEach, beforeEach, expect, test } from "vitest";
import { awsEnvironmentCredentials } from "../../src/credentials/aws-environment.ts";
import { webhookSecret } from "../../src/events/webhook-secret.ts";
import { createWireHttp } from "../../src/http/wire/client.ts";
import { openSecretsServer, type SecretsServer } from "../credentials/aws-secrets-server.ts";

let aws: SecretsServer;
beforeEach(async () => {
  aws = await openSecretsServer();
});
afterEach(() => aws.close());

test("is read at its first use, and a minute later anew once it was refused", async () => {
  let elapsed = 0;
  const clock = { now: () => Date.UTC(2026, 10, 30), elapsed: () => elapsed, sleep: async () => undefined };
  const environment = { ...aws.env, ORIGINALS_WEBHOOK_SECRET: "ssm:/hook" };
  const credentials = awsEnvironmentCredentials(environment);
  const secret = webhookSecret({ environment, credentials, createHttp: createWireHttp, clock });
  await expect(secret.get()).rejects.toThrow("it is not there");
  aws.texts.set("ssm:/hook", "whsec_one");
  expect(await Promise.all([secret.get(), secret.get()])).toEqual(["whsec_one", "whsec_one"]);
  aws.texts.set("ssm:/hook", "whsec_two");
  secret.refused();
  expect(await secret.get()).toBe("whsec_one");
  elapsed += 60_000;
  expect(await secret.get()).toBe("whsec_one");
  secret.refused();
  expect(await secret.get()).toBe("whsec_two");
  expect(aws.asked).toHaveLength(3);
});

test("that stands in the environment is what it says", () => {
  const world = { credentials: awsEnvironmentCredentials({}), createHttp: createWireHttp };
  const clock = { now: () => 0, elapsed: () => 0, sleep: async () => undefined };
  const environment = { ORIGINALS_WEBHOOK_SECRET: "whsec_plain" };
  expect(webhookSecret({ ...world, clock, environment }).get()).toBe("whsec_plain");
});
