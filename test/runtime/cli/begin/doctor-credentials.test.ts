import { describe, expect, test } from "vitest";
import { staticCredentials } from "../../../../src/credentials/credentials.ts";
import { environmentCredentials } from "../../../../src/credentials/environment.ts";
import { credentialsFinding, credentialsFindings } from "../../../../src/runtime/cli/begin/doctor-credentials.ts";

const now = Date.UTC(2026, 10, 22, 12);
const hour = 3_600_000;
const credentials = {
  secretId: "AKIDexampleexample9xQz",
  secretKey: "never-shown",
  sessionToken: "never-shown-either",
};
const told = { from: "a vault", temporary: true, renews: false };

describe("the doctor says of credentials", () => {
  test.each([
    [undefined, "good", "requests to the source are signed with permanent keys (id ending in 9xQz)"],
    [{ ...told, temporary: false }, "good", "permanent keys (id ending in 9xQz) from a vault"],
    [
      told,
      "warning",
      "temporary keys (id ending in 9xQz) from a vault; when they end is not known, and nobody renews them here: a run that outlives them is halted, and can be resumed",
    ],
    [{ ...told, renews: true }, "good", "when they end is not known, and they are renewed before they end"],
    [
      { ...told, until: now + 5 * hour },
      "good",
      "they hold until 2026-11-22T17:00:00.000Z, for 5 h; nobody renews them",
    ],
    [{ ...told, until: now + hour / 2 }, "warning", "for 30 min; nobody renews them here"],
    [{ ...told, renews: true, until: now + hour / 2 }, "good", "for 30 min; they are renewed before they end"],
    [
      { ...told, renews: true, until: now - hour },
      "warning",
      "they ended at 2026-11-22T11:00:00.000Z, by this machine's clock",
    ],
  ])("%j: %s", (of, verdict, said) => {
    const found = credentialsFinding("the source", credentials, of, now);
    expect(found).toMatchObject({ check: "credentials", verdict, says: expect.stringContaining(said) });
    expect(found.says).not.toMatch(/never-shown|AKIDexample/);
  });

  test("what it has not said already: the archive's are the source's where it has none, and S3's count where it is used", async () => {
    const variables = { TENCENTCLOUD_SECRETID: "AKIDexampleexample9xQz", TENCENTCLOUD_SECRETKEY: "k" };
    const signers = {
      source: environmentCredentials(variables),
      archive: environmentCredentials(variables, "ORIGINALS_ARCHIVE"),
      aws: staticCredentials({ secretId: "AKIA", secretKey: "k" }),
    };
    const said = async (archive: "s3" | undefined) => {
      const all: string[] = [];
      for await (const { says } of credentialsFindings(signers, { archive: { store: archive }, ledger: {} }, () => now))
        all.push(says);
      return all;
    };
    expect(await said(undefined)).toEqual([
      "requests to the source are signed with permanent keys (id ending in 9xQz) from the environment (TENCENTCLOUD_SECRETID)",
    ]);
    expect((await said("s3"))[1]).toBe("requests to archive and ledger in S3 are signed with permanent keys");
  });
});
