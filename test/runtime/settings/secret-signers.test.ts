/** Requests to COS are signed with what AWS keeps under a name: read once, and anew once they are refused, however many are. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { readSettings } from "../../../src/config/read.ts";
import { type Emulator, startEmulator } from "../../../src/emulator/emulator.ts";
import { keepFunctionWorker } from "../../../src/runtime/function/function-worker.ts";
import { surroundingsFromSettings } from "../../../src/runtime/settings/surroundings-from-settings.ts";
import { systemClock } from "../../../src/vocabulary/clock.ts";
import { openSecretsServer, type SecretsServer } from "../../credentials/aws-secrets-server.ts";
import { acknowledge, environment, notingLog } from "../function/fixtures.ts";

const good = { secretId: "AKIDgood", secretKey: "the-good-key" };
const former = { secretId: "AKIDformer", secretKey: "the-former-key" };
const name = "secretsmanager:cos-originals/dev/cos";
const place = { bucket: "demo-1250000000", region: "ap-guangzhou" };

let folder = "";
let cos: Emulator;
let aws: SecretsServer;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "secret-signers-"));
  cos = await startEmulator({ dataDir: folder, credentials: [good], buckets: [{ name: "demo-1250000000" }] });
  cos.bucket("demo-1250000000").put("a", Buffer.from("a"));
});
afterAll(async () => {
  await cos.close();
  rmSync(folder, { recursive: true });
});
beforeEach(async () => {
  aws = await openSecretsServer();
  aws.texts.set(name, JSON.stringify(good));
});
afterEach(() => aws.close());

function opened(more: Readonly<Record<string, string>>) {
  const log = notingLog();
  const env = { ...aws.env, ORIGINALS_ENDPOINT: cos.url, ...more };
  const settings = readSettings({ environment: env });
  return {
    ...surroundingsFromSettings(settings, { environment: env, clock: systemClock, random: () => 0.5, log }),
    log,
  };
}

describe("named by ORIGINALS_CREDENTIALS_FROM", () => {
  test("they are read once for all who ask, source and archive, whatever else stands in the environment", async () => {
    const stale = { TENCENTCLOUD_SECRETID: "AKIDstale", TENCENTCLOUD_SECRETKEY: "stale" };
    const { open, close, checkCredentials, log } = opened({ ORIGINALS_CREDENTIALS_FROM: name, ...stale });
    const [source, archive] = [open("source", place), open("archive", place)];
    await Promise.all([source, archive, source, archive].map((bucket) => bucket.head("a")));
    await checkCredentials();
    expect(aws.asked).toEqual([name]);
    // How long that took is told apart from the work.
    const told = log.entries.filter(({ message }) => message === "The credentials were looked up.");
    expect(told).toMatchObject([{ level: "info", fields: { ms: expect.any(Number) } }]);
    await close();
  });

  test("and changed since, they are read anew, once for all requests that are refused", async () => {
    aws.texts.set(name, JSON.stringify(former));
    const { open, close, checkCredentials, log } = opened({ ORIGINALS_CREDENTIALS_FROM: name });
    await checkCredentials();
    aws.texts.set(name, JSON.stringify(good));
    const lists = () => Promise.allSettled(Array.from({ length: 20 }, () => open("source", place).list()));
    const refused = await lists();
    expect(refused.map((each) => each.status === "rejected" && each.reason.retryable)).toEqual(Array(20).fill(true));
    expect((await lists()).filter(({ status }) => status === "fulfilled")).toHaveLength(20);
    expect(aws.asked).toEqual([name, name]);
    expect(JSON.stringify([...log.entries, refused])).not.toMatch(/the-(good|former)-key/);
    await close();
  });

  test("the archive's are its own, by name or in the environment", async () => {
    const own = "ssm:/cos-originals/dev/archive";
    aws.texts.set(own, JSON.stringify(good));
    const byName = opened({ ORIGINALS_CREDENTIALS_FROM: name, ORIGINALS_ARCHIVE_CREDENTIALS_FROM: own });
    await byName.open("ledger", place).head("a");
    const { secretId, secretKey } = good;
    const inEnvironment = opened({
      ORIGINALS_CREDENTIALS_FROM: name,
      ORIGINALS_ARCHIVE_SECRETID: secretId,
      ORIGINALS_ARCHIVE_SECRETKEY: secretKey,
    });
    await inEnvironment.open("ledger", place).head("a");
    expect(aws.asked).toEqual([own]);
    await Promise.all([byName.close(), inEnvironment.close()]);
  });

  test("that is the secret itself, it is refused, and not shown", () => {
    for (const text of ["the-good-key", JSON.stringify(good), "AKIDgoodgoodgoodgood"]) {
      expect(() => opened({ ORIGINALS_CREDENTIALS_FROM: text })).toThrow(
        /^ORIGINALS_CREDENTIALS_FROM "…" is none of environment, /,
      );
    }
  });

  test("but for the archive's, which the environment is said to hold, they are not the archive's", async () => {
    const { secretId, secretKey } = good;
    const { open, close } = opened({
      ORIGINALS_CREDENTIALS_FROM: "ssm:/not/there",
      ORIGINALS_ARCHIVE_CREDENTIALS_FROM: "environment",
      TENCENTCLOUD_SECRETID: secretId,
      TENCENTCLOUD_SECRETKEY: secretKey,
    });
    await open("archive", place).head("a");
    expect(aws.asked).toEqual([]);
    await close();
  });
});

describe("a function", () => {
  const delivery = { body: "{}", deadline: Number.POSITIVE_INFINITY };
  const sender = { send: async () => undefined };
  const workerOf = (more: Readonly<Record<string, string>>) => {
    const { TENCENTCLOUD_SECRETID: _, TENCENTCLOUD_SECRETKEY: __, ...rest } = environment;
    const env = { ...rest, ...aws.env, ORIGINALS_CREDENTIALS_FROM: name, ...more };
    const world = {
      environment: env,
      clock: { ...systemClock, sleep: async () => undefined },
      random: () => 0.5,
      log: notingLog(),
    };
    let handled = 0;
    const { handle } = keepFunctionWorker(world, () => async () => {
      handled++;
      return acknowledge;
    })();
    return { handle: () => handle(delivery, sender), handled: () => handled };
  };

  test("has its keys before it begins a message, and says what is wrong with their secret", async () => {
    aws.failures.push({ status: 400, body: '{"__type":"AccessDeniedException","message":"no"}' });
    const { handle, handled } = workerOf({});
    expect(await handle()).toEqual({
      kind: "refuse",
      reason: expect.stringContaining("that is not allowed; allow secretsmanager:GetSecretValue on it"),
    });
    expect(handled()).toBe(0);
    expect(await handle()).toEqual(acknowledge);
  });

  test("gives a message back where the service of the secret is away", async () => {
    const { handle } = workerOf({ AWS_ENDPOINT_URL_SECRETS_MANAGER: "http://127.0.0.1:1" });
    expect(await handle()).toMatchObject({ kind: "give-back", delaySeconds: 30 });
  });
});
