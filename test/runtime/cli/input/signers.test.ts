/** Which credentials go before which. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { readSettings } from "../../../../src/config/read.ts";
import { signersOf } from "../../../../src/runtime/cli/input/signers.ts";
import { silentLog } from "../../../../src/vocabulary/log.ts";
import { openSecretsServer } from "../../../credentials/aws-secrets-server.ts";
import { tempFolder } from "../../../credentials/origins/temp.ts";
import { labClock } from "../../../emulator/lab.ts";

let home: ReturnType<typeof tempFolder>;
beforeEach(() => {
  home = tempFolder();
  home.write(".tencentcloud/credentials", "[default]\nsecret_id=of-home\nsecret_key=k\n");
  home.write(".aws/credentials", "[default]\naws_access_key_id=of-home-aws\naws_secret_access_key=k\n");
  home.write("other.json", { secretId: "of-other", secretKey: "k" });
});
afterEach(() => home.remove());

const source = { TENCENTCLOUD_SECRETID: "of-environment", TENCENTCLOUD_SECRETKEY: "k" };
const archive = { ORIGINALS_ARCHIVE_SECRETID: "of-archive", ORIGINALS_ARCHIVE_SECRETKEY: "k" };
const aws = { AWS_ACCESS_KEY_ID: "of-aws", AWS_SECRET_ACCESS_KEY: "k" };

async function idsOf(variables: Record<string, string>) {
  const environment = { HOME: home.folder, ...variables };
  const signers = signersOf(readSettings({ environment }), {
    environment,
    clock: labClock(),
    random: () => 0,
    log: silentLog,
  });
  const ids = await Promise.all(
    [signers.source, signers.archive, signers.aws].map(async (each) => (await each.get()).secretId),
  );
  return { ids, signers };
}

describe("requests are signed", () => {
  test.each<[string, Record<string, string>, string[]]>([
    ["by the files of the clouds' tools where nothing is said", {}, ["of-home", "of-home", "of-home-aws"]],
    ["by the environment before those", { ...source, ...aws }, ["of-environment", "of-environment", "of-aws"]],
    [
      "by the archive's own of the environment",
      { ...source, ...archive },
      ["of-environment", "of-archive", "of-home-aws"],
    ],
    ["by the archive's own beside a file", archive, ["of-home", "of-archive", "of-home-aws"]],
    [
      "by what is named before the environment",
      { ...source, ORIGINALS_CREDENTIALS_FROM: "file:~/other.json" },
      ["of-other", "of-other", "of-home-aws"],
    ],
    [
      "by what is named for the archive before its own of the environment",
      { ...source, ...archive, ORIGINALS_ARCHIVE_CREDENTIALS_FROM: "file:~/other.json" },
      ["of-environment", "of-other", "of-home-aws"],
    ],
    [
      "by the environment where that is named",
      { ...source, ORIGINALS_CREDENTIALS_FROM: "environment" },
      ["of-environment", "of-environment", "of-home-aws"],
    ],
  ])("%s", async (_what, variables, expected) => {
    expect((await idsOf(variables)).ids).toEqual(expected);
  });

  test("by one and the same for source and archive, so that it is looked up once", async () => {
    const { signers } = await idsOf({});
    expect(signers.archive).toBe(signers.source);
  });

  test("by what AWS keeps under a name, read by the AWS credentials that there are", async () => {
    const kept = await openSecretsServer();
    try {
      kept.texts.set("ssm:/cos-originals/cos", JSON.stringify({ secretId: "of-ssm", secretKey: "k" }));
      const names = { ORIGINALS_CREDENTIALS_FROM: "ssm:/cos-originals/cos" };
      const { ids } = await idsOf({ ...source, ...archive, ...kept.env, ...names });
      expect(ids).toEqual(["of-ssm", "of-archive", kept.env.AWS_ACCESS_KEY_ID]);
      const missing = idsOf({ ...kept.env, ORIGINALS_CREDENTIALS_FROM: "secretsmanager:none" });
      await expect(missing).rejects.toThrow(
        /^The secret "none" of Secrets Manager \(ORIGINALS_CREDENTIALS_FROM "secretsmanager:none"\) can't be read: /,
      );
    } finally {
      await kept.close();
    }
  });

  test("by no half of what the environment has, even where a file has more", async () => {
    await expect(idsOf({ TENCENTCLOUD_SECRETID: "alone" })).rejects.toThrow(
      /TENCENTCLOUD_SECRETID is set, but not its companion/,
    );
    await expect(idsOf({ AWS_ACCESS_KEY_ID: "alone" })).rejects.toThrow(
      /AWS_ACCESS_KEY_ID is set, but not its companion/,
    );
  });

  test("by nothing that is not there, and it is looked for again", async () => {
    const missing = idsOf({ ORIGINALS_CREDENTIALS_FROM: "file:~/late.json" });
    await expect(missing).rejects.toThrow(/late.json" can't be read \(ENOENT\)/);
    const environment = { HOME: home.folder };
    home.remove();
    const { source } = signersOf(readSettings({ environment }), {
      environment,
      clock: labClock(),
      random: () => 0,
      log: silentLog,
    });
    await expect(source.get()).rejects.toThrow(/neither .* is there/);
    home.write(".tencentcloud/credentials", "[default]\nsecret_id=came\nsecret_key=k\n");
    expect(await source.get()).toMatchObject({ secretId: "came" });
  });
});
