import { describe, expect, test } from "vitest";
import { staticCredentials } from "../../src/credentials/credentials.ts";
import { environmentCredentials } from "../../src/credentials/environment.ts";
import { userErrorOf } from "../cos/thrown-by.ts";

const platform = { TENCENTCLOUD_SECRETID: "id", TENCENTCLOUD_SECRETKEY: "key", TENCENTCLOUD_SESSIONTOKEN: "token" };
const archive = { ORIGINALS_ARCHIVE_SECRETID: "archive-id", ORIGINALS_ARCHIVE_SECRETKEY: "archive-key" };

describe("credentials from the environment", () => {
  test("are read anew once a second, so that a platform may replace them", () => {
    const env: Record<string, string> = { ...platform };
    const provider = environmentCredentials(env);
    const first = provider.get(5_000);
    expect(first).toEqual({ secretId: "id", secretKey: "key", sessionToken: "token" });
    env.TENCENTCLOUD_SECRETID = "id-2";
    delete env.TENCENTCLOUD_SESSIONTOKEN;
    expect(provider.get(5_999)).toBe(first);
    expect(provider.get(6_000)).toEqual({ secretId: "id-2", secretKey: "key" });
    env.TENCENTCLOUD_SECRETID = "id-3";
    // A clock that was set back.
    expect(provider.get(1_000)).toMatchObject({ secretId: "id-3" });
  });

  test("are read anew at once where no time is told", () => {
    const env: Record<string, string> = { ...platform };
    const provider = environmentCredentials(env);
    provider.get(0);
    env.TENCENTCLOUD_SECRETID = "id-2";
    expect(provider.get()).toMatchObject({ secretId: "id-2" });
  });

  test("that went are not used on", () => {
    const env: Record<string, string> = { ...platform };
    const provider = environmentCredentials(env);
    provider.get(0);
    delete env.TENCENTCLOUD_SECRETKEY;
    for (const now of [2_000, 2_001]) expect(userErrorOf(() => provider.get(now)).code).toBe("MissingCredentials");
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
