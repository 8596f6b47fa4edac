import { describe, expect, test } from "vitest";
import type { CredentialsProvider, CredentialsTold } from "../../../../src/credentials/credentials.ts";
import { keysOutlived } from "../../../../src/runtime/cli/begin/keys-outlived.ts";

const now = Date.UTC(2026, 10, 22, 12);
const minute = 60_000;
const told = { from: 'the file "/keys.json"', temporary: true, renews: false };

const signer = (of: CredentialsTold | undefined): CredentialsProvider => ({
  get: () => ({ secretId: "AKIDexampleexample9xQz", secretKey: "never-shown", sessionToken: "never-shown-either" }),
  told: () => of,
});
const said = (source: CredentialsProvider, archive = source, aws = signer(undefined), store?: "s3") =>
  keysOutlived({ source, archive, aws }, { archive: { store }, ledger: { store } }, { now, seconds: 3_600 });

describe("plan says of keys", () => {
  test("that end before the run would, and that nobody renews, when they end and what to do", async () => {
    expect(await said(signer({ ...told, until: now + 50 * minute }))).toEqual([
      'The run takes about 1 h 0 min, and the keys that sign requests to the source (from the file "/keys.json") end in 50 min, at 2026-11-22T12:50:00.000Z; nobody renews them here: put new ones there in time, or the run is halted then, and can be resumed.',
    ]);
    expect(await said(signer({ ...told, until: now - minute }))).toMatchObject([
      expect.stringContaining("ended at 2026-11-22T11:59:00.000Z"),
    ]);
  });

  test.each<[string, CredentialsTold | undefined]>([
    ["that hold longer than it", { ...told, until: now + 60 * minute }],
    ["that are renewed", { ...told, renews: true, until: now + minute }],
    ["whose end is not known", told],
    ["of which nothing is known", undefined],
  ])("%s nothing", async (_what, of) => {
    expect(await said(signer(of))).toEqual([]);
  });

  test("that can't be found nothing: planning needs none", async () => {
    const lacking: CredentialsProvider = { get: () => Promise.reject(new Error("none")), told: () => undefined };
    expect(await said(lacking)).toEqual([]);
  });

  test("of the archive what is true of them, in COS or in S3", async () => {
    const good = signer({ ...told, until: now + 90 * minute });
    const ending = signer({ ...told, until: now + 30 * minute });
    expect(await said(good, ending)).toMatchObject([expect.stringContaining("archive and ledger in COS")]);
    expect(await said(good, ending, ending, "s3")).toMatchObject([expect.stringContaining("archive and ledger in S3")]);
  });
});
