/** What is found where: in homes of a test's own, and with the AWS tools' code in a node_modules of a test's own. */
import { pathToFileURL } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openAwsDefault, openOrigin, openTencentDefault } from "../../../src/credentials/origins/open.ts";
import { silentLog } from "../../../src/vocabulary/log.ts";
import { labClock } from "../../emulator/lab.ts";
import { tempFolder } from "./temp.ts";

let home: ReturnType<typeof tempFolder>;
beforeEach(() => {
  home = tempFolder();
});
afterEach(() => home.remove());

const worldOf = (environment: Record<string, string> = {}) => ({
  environment: { HOME: home.folder, ...environment },
  clock: labClock(),
  random: () => 0,
  log: silentLog,
});
const ini = (id: string) =>
  `[default]\nsecret_id = ${id}\nsecret_key = k\n[night]\nsecret_id = ${id}-night\nsecret_key = k\n`;

describe("the files of Tencent's tools", () => {
  const open = async (environment?: Record<string, string>) => (await openTencentDefault(worldOf(environment))).get();

  test("are looked for at home: those of the SDKs before tccli's, by the profile that the environment names", async () => {
    home.write(".tccli/default.credential", { secretId: "of-tccli", secretKey: "k" });
    home.write(".tccli/night.credential", { secretId: "of-tccli-night", secretKey: "k" });
    expect(await open()).toMatchObject({ secretId: "of-tccli" });
    expect(await open({ TENCENTCLOUD_PROFILE: "night" })).toMatchObject({ secretId: "of-tccli-night" });
    home.write(".tencentcloud/credentials", ini("of-sdks"));
    expect(await open()).toMatchObject({ secretId: "of-sdks" });
    expect(await open({ TENCENTCLOUD_PROFILE: "night" })).toMatchObject({ secretId: "of-sdks-night" });
    const TENCENTCLOUD_CREDENTIALS_FILE = home.write("else/where", ini("said"));
    expect(await open({ TENCENTCLOUD_CREDENTIALS_FILE })).toMatchObject({ secretId: "said" });
  });

  test("that are nowhere are told, with what else would do", async () => {
    await expect(open()).rejects.toThrow(
      /set TENCENTCLOUD_SECRETID and TENCENTCLOUD_SECRETKEY in the environment, or say with --credentials-from where they are; neither ".*credentials" nor ".*default.credential" is there$/,
    );
    await expect(open({ TENCENTCLOUD_CREDENTIALS_FILE: home.path("none") })).rejects.toThrow(
      /none" can't be read \(ENOENT\)/,
    );
  });
});

test("a file that is named may lie at home", async () => {
  home.write("keys.ini", ini("mine"));
  const provider = openOrigin({ kind: "file", path: "~/keys.ini", profile: "night" }, "--credentials-from", worldOf());
  expect(await provider.get()).toMatchObject({ secretId: "mine-night" });
});

describe("credentials of AWS", () => {
  const open = async (environment?: Record<string, string>, from = pathToFileURL(home.path("main.js")).href) =>
    openAwsDefault(worldOf(environment), from);
  const chain = (body: string, name = "index.js") =>
    home.write(`node_modules/@aws-sdk/credential-providers/${name}`, body);

  test("are those of the profile in the shared files, temporary ones with their end, and read anew", async () => {
    home.write(
      ".aws/credentials",
      "[default]\naws_access_key_id = of-default\naws_secret_access_key = k\n[night]\naws_access_key_id=of-night\naws_secret_access_key=k\naws_session_token=t\nx_security_token_expires=2026-11-22T05:00:00+08:00\n",
    );
    home.write(
      ".aws/config",
      "[default]\nregion=eu-west-1\n[profile day]\naws_access_key_id=of-day\naws_secret_access_key=k\n",
    );
    const provider = await open();
    expect(await provider.get()).toEqual({ secretId: "of-default", secretKey: "k" });
    expect(provider.told?.()?.from).toBe("the AWS tools' files (profile default)");
    const night = await open({ AWS_PROFILE: "night" });
    expect(await night.get()).toEqual({ secretId: "of-night", secretKey: "k", sessionToken: "t" });
    expect(night.told?.()).toMatchObject({ temporary: true, renews: false, until: Date.parse("2026-11-21T21:00:00Z") });
    expect(await (await open({ AWS_PROFILE: "day" })).get()).toMatchObject({ secretId: "of-day" });
    home.write(".aws/credentials", "[default]\naws_access_key_id = renewed\naws_secret_access_key = k\n");
    expect(await provider.get()).toMatchObject({ secretId: "renewed" });
    const AWS_SHARED_CREDENTIALS_FILE = home.write(
      "aws",
      "[default]\naws_access_key_id=elsewhere\naws_secret_access_key=k\n",
    );
    expect(await (await open({ AWS_SHARED_CREDENTIALS_FILE })).get()).toMatchObject({ secretId: "elsewhere" });
  });

  test("are whatever the AWS tools' own chain finds, where it is installed beside this package", async () => {
    home.write(".aws/config", "[default]\nrole_arn = arn:aws:iam::123456789012:role/backup\nsource_profile = base\n");
    chain(
      `let given = 0;
       exports.fromNodeProviderChain = () => async ({ forceRefresh } = {}) => {
         given += 1;
         const accessKeyId = "of-the-chain-" + given + (forceRefresh ? "-forced" : "");
         return { accessKeyId, secretAccessKey: "k", sessionToken: "t", expiration: new Date(${labClock().now() + 3_600_000}) };
       };`,
    );
    const provider = await open();
    expect(await provider.get()).toEqual({ secretId: "of-the-chain-1", secretKey: "k", sessionToken: "t" });
    expect(provider.told?.()).toMatchObject({
      from: "the AWS tools' own chain (@aws-sdk/credential-providers)",
      renews: true,
      until: labClock().now() + 3_600_000,
    });
    await provider.refresh?.();
    expect(await provider.get()).toMatchObject({ secretId: "of-the-chain-2-forced" });
  });

  test.each([
    ["exports.other = 1", /has no fromNodeProviderChain; install its version 3/],
    [
      "exports.fromNodeProviderChain = () => async () => { throw new Error('no provider'); }",
      /found no credentials: no provider$/,
    ],
    ["exports.fromNodeProviderChain = () => async () => ({ accessKeyId: 1 })", /gave no credentials$/],
    [
      "exports.fromNodeProviderChain = () => () => new Promise(() => {})",
      /found no credentials: no answer within 60 s$/,
    ],
  ])("of a chain that is %s are told to be missing", async (body, said) => {
    chain(body);
    const asked = open().then((provider) => provider.get());
    await expect(asked).rejects.toThrow(said);
  });

  test("that nobody has are told, with what would find more", async () => {
    await expect(open()).rejects.toThrow(
      /a request to AWS can't be signed: set AWS_ACCESS_KEY_ID .*; there is no profile "default" .* @aws-sdk\/credential-providers has to be installed/,
    );
    home.write(".aws/config", "[profile sso]\nsso_session = x\n");
    await expect(open({ AWS_PROFILE: "sso" })).rejects.toThrow(
      /the profile "sso" has neither keys nor a credential_process/,
    );
  });
});
