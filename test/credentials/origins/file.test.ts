/** A real file that is rewritten, as tccli and whoever renews keys do. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { fileOrigin } from "../../../src/credentials/origins/file.ts";
import { renewingCredentials } from "../../../src/credentials/renewing.ts";
import { notingLog } from "../../runtime/function/fixtures.ts";
import { tempFolder } from "./temp.ts";

let temp: ReturnType<typeof tempFolder>;
beforeEach(() => {
  temp = tempFolder();
});
afterEach(() => temp.remove());

const sections =
  "[default]\nsecret_id = an-id\nsecret_key = a-key\n[backup]\nsecret_id = backup-id\nsecret_key = backup-key\ntoken = backup-token\n";

describe("a file of credentials", () => {
  test("with sections has the default's, or those of the one that is named", async () => {
    const path = temp.write("credentials", sections);
    const origin = fileOrigin(path);
    expect(await origin.find()).toEqual({ credentials: { secretId: "an-id", secretKey: "a-key" } });
    expect(origin.from()).toBe(`the file ${JSON.stringify(path)} (default)`);
    expect(await fileOrigin(path, "backup").find()).toEqual({
      credentials: { secretId: "backup-id", secretKey: "backup-key", sessionToken: "backup-token" },
    });
  });

  test("that is rewritten is read anew within a second; half of one that is being written is passed over, and told once", async () => {
    const log = notingLog();
    let now = 1_000_000;
    const path = temp.write("keys.json", { secretId: "secret-id-1", secretKey: "key-1", token: "token-number-1" });
    const provider = renewingCredentials(fileOrigin(path), { clock: { now: () => now }, random: () => 0, log });
    /** After another second and a look. */
    const next = async () => {
      now += 1_000;
      await provider.get(now);
      // The look is under way; another without a time waits for it.
      return (await provider.get()).secretId;
    };
    expect((await provider.get(now)).secretId).toBe("secret-id-1");
    temp.write("keys.json", '{"secretId": "secret-id-2", "secretKe');
    expect(await next()).toBe("secret-id-1");
    expect(await next()).toBe("secret-id-1");
    temp.write("keys.json", { secretId: "secret-id-2", secretKey: "key-2", token: "token-number-2" });
    expect(await next()).toBe("secret-id-2");
    expect(log.entries.map(({ message }) => message.slice(0, 40))).toEqual([
      "The credentials could not be renewed; th",
      "The credentials could be renewed again.",
    ]);
    expect(JSON.stringify(log.entries)).not.toMatch(/secret-id|key-\d|token-number/);
    expect(provider.told?.()).toMatchObject({ temporary: true, renews: false });
  });

  test.each<[string, string | undefined, string | undefined, RegExp]>([
    ["that is not there", undefined, undefined, /can't be read \(ENOENT\)/],
    ["without that section", sections, "night", /has no section \[night\], only "default", "backup"$/],
    ["without any", "secret-value-never-shown", undefined, /holds neither sections nor JSON/],
    [
      "without a key",
      "[default]\nsecret_id = secret-value-never-shown",
      undefined,
      /has no secret_key in its section \[default\]/,
    ],
    ["with half a document", '{"secretId": "secret-value-never-shown"}', undefined, /names no secret key/],
  ])("%s is refused by a sentence that names it, and shows nothing of it", async (_what, text, profile, said) => {
    const path = text === undefined ? temp.path("none") : temp.write("credentials", text);
    const error = await fileOrigin(path, profile)
      .find()
      .then(
        () => new Error("found"),
        (thrown: Error) => thrown,
      );
    expect(error).toMatchObject({ code: "MissingCredentials" });
    expect(error.message).toMatch(said);
    expect(error.message).toContain(JSON.stringify(path));
    expect(error.message).not.toContain("secret-value-never-shown");
  });

  test("that is none, but a folder or a pipe, is refused", async () => {
    await expect(fileOrigin(temp.folder).find()).rejects.toThrow(/ENOTFILE/);
  });
});
