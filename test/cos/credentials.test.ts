import { describe, expect, test } from "vitest";
import { environmentCredentials, staticCredentials } from "../../src/cos/credentials.ts";
import { userErrorOf } from "./thrown-by.ts";

const platform = { TENCENTCLOUD_SECRETID: "id", TENCENTCLOUD_SECRETKEY: "key", TENCENTCLOUD_SESSIONTOKEN: "token" };
const archive = { ORIGINALS_ARCHIVE_SECRETID: "archive-id", ORIGINALS_ARCHIVE_SECRETKEY: "archive-key" };

describe("credentials from the environment", () => {
  test("are read anew once a second, so that a platform may replace them", () => {
    const env: Record<string, string> = { ...platform };
    let now = 5_000;
    const provider = environmentCredentials(env, "TENCENTCLOUD", () => now);
    const first = provider.get();
    expect(first).toEqual({ secretId: "id", secretKey: "key", sessionToken: "token" });
    env.TENCENTCLOUD_SECRETID = "id-2";
    delete env.TENCENTCLOUD_SESSIONTOKEN;
    now += 999;
    expect(provider.get()).toBe(first);
    now += 1;
    expect(provider.get()).toEqual({ secretId: "id-2", secretKey: "key" });
  });

  test("are read anew at once where the service says that they have expired", async () => {
    const env: Record<string, string> = { ...platform };
    const provider = environmentCredentials(env, "TENCENTCLOUD", () => 0);
    provider.get();
    env.TENCENTCLOUD_SECRETID = "id-2";
    await provider.refresh?.();
    expect(provider.get()).toMatchObject({ secretId: "id-2" });
  });

  test("that went are not used on", () => {
    const env: Record<string, string> = { ...platform };
    let now = 0;
    const provider = environmentCredentials(env, "TENCENTCLOUD", () => now);
    provider.get();
    delete env.TENCENTCLOUD_SECRETKEY;
    now = 2_000;
    expect(userErrorOf(() => provider.get()).code).toBe("MissingCredentials");
    expect(userErrorOf(() => provider.get()).code).toBe("MissingCredentials");
  });

  test("of the archive are its own where they are set, without the platform's token", () => {
    const provider = environmentCredentials({ ...platform, ...archive }, "ORIGINALS_ARCHIVE");
    expect(provider.get()).toEqual({ secretId: "archive-id", secretKey: "archive-key" });
  });

  test("of the archive are the platform's where none are set", () => {
    const env = { ...platform, ORIGINALS_ARCHIVE_SECRETID: "", ORIGINALS_ARCHIVE_SECRETKEY: " " };
    expect(environmentCredentials(env, "ORIGINALS_ARCHIVE").get()).toEqual({
      secretId: "id",
      secretKey: "key",
      sessionToken: "token",
    });
  });

  test("lose the line feed that a file put behind them", () => {
    const env = { TENCENTCLOUD_SECRETID: "id\n", TENCENTCLOUD_SECRETKEY: " key " };
    expect(environmentCredentials(env).get()).toEqual({ secretId: "id", secretKey: "key" });
  });

  test.each([
    [{}, "TENCENTCLOUD" as const, ["TENCENTCLOUD_SECRETID", "TENCENTCLOUD_SECRETKEY"]],
    [{ TENCENTCLOUD_SECRETID: "shown-never" }, "TENCENTCLOUD" as const, ["set TENCENTCLOUD_SECRETKEY"]],
    [{ TENCENTCLOUD_SECRETKEY: "shown-never" }, "TENCENTCLOUD" as const, ["set TENCENTCLOUD_SECRETID"]],
    [{ TENCENTCLOUD_SESSIONTOKEN: "shown-never" }, "TENCENTCLOUD" as const, ["TENCENTCLOUD_SESSIONTOKEN is set"]],
    [
      { ...platform, ORIGINALS_ARCHIVE_SECRETID: "shown-never" },
      "ORIGINALS_ARCHIVE" as const,
      ["set ORIGINALS_ARCHIVE_SECRETKEY"],
    ],
    [{}, "ORIGINALS_ARCHIVE" as const, ["TENCENTCLOUD_SECRETID", "ORIGINALS_ARCHIVE_SECRETID"]],
  ])(
    "that are not whole (%j, %s) are refused, and the message names the variables, never a value",
    (env, prefix, said) => {
      const error = userErrorOf(() => environmentCredentials(env, prefix).get());
      expect(error.code).toBe("MissingCredentials");
      for (const text of said) expect(error.message).toContain(text);
      expect(error.message).not.toContain("shown-never");
    },
  );
});

test("static credentials stay what they are", () => {
  const credentials = { secretId: "id", secretKey: "key" };
  expect(staticCredentials(credentials).get()).toBe(credentials);
});
