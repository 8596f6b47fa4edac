/** A certificate is what its published schema says, and its page shows every value as text. */
import { describe, expect, test } from "vitest";
import { type Certificate, certificateJsonSchema, certificateShape } from "../../src/report/certificate.ts";
import { certificateHtml } from "../../src/report/certificate-html.ts";

const time = "2026-01-15T12:00:00.000Z";
const hostile = ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "a\u202eb\nc", "</style><b>x", "&lt;&"];

const certificate = (more: Partial<Certificate> = {}): Certificate => ({
  schema: "cos-originals/certificate@1",
  tool: "cos-originals/test",
  by: "check",
  agreed: false,
  source: "cos://photos-1250000000",
  archive: "cos://archive-1250000000/photos/",
  archiveKey: "{key}",
  run: null,
  ledger: null,
  deep: false,
  oneWay: false,
  beganAt: time,
  endedAt: time,
  objects: 1_234,
  bytes: 5_000_000,
  same: 1_200,
  missing: 30,
  differs: 2,
  extra: 0,
  uncompared: 2,
  replaced: 0,
  gone: 0,
  proofs: { "content-md5": 1_100, crc64: 100, etag: 0, "recorded-crc64": 0, size: 0 },
  lists: [
    {
      of: "source",
      address: "cos://photos-1250000000",
      objects: 1_234,
      bytes: 5_000_000,
      newest: { key: hostile[0] as string, lastModified: time },
      sha256: "ab".repeat(32),
    },
  ],
  requests: { "source.list": 3, "source.head": 0 },
  differences: hostile.map((key) => ({ kind: "missing" as const, key, message: `no ${key}` })),
  ...more,
});

test("its schema is published (after a change: npx vitest run test/report/certificate.test.ts -u)", async () => {
  const text = `${JSON.stringify(certificateJsonSchema(), undefined, 2)}\n`;
  await expect(text).toMatchFileSnapshot("../../docs/certificate.schema.json");
});

test("a certificate passes it, one that lacks a field does not, and one of a later version with more fields does", () => {
  expect(certificateShape.parse(certificate())).toEqual(certificate());
  const { agreed: _, ...without } = certificate();
  expect(certificateShape.safeParse(without).success).toBe(false);
  expect(certificateShape.safeParse({ ...certificate(), more: 1 }).success).toBe(true);
  expect(certificateShape.safeParse({ ...certificate(), schema: "cos-originals/certificate@2" }).success).toBe(false);
});

describe("its page", () => {
  test("says what was compared, when, and by which proofs, and needs nothing from elsewhere", () => {
    const page = certificateHtml(certificate());
    for (const part of [
      "Not agreed",
      "1,234",
      "cos://archive-1250000000/photos/",
      "2026-01-15 12:00:00 UTC",
      "ab".repeat(32),
      "content-md5: ",
      "and 29 more",
    ]) {
      expect(page).toContain(part);
    }
    expect(page).toMatch(
      /default-src &#39;none&#39;; style-src &#39;sha256-[\w+/]{43}=&#39;; script-src &#39;none&#39;/,
    );
    expect(page).not.toMatch(/<(?:script|img|link|iframe|a)\b|https?:/);
    expect(page).not.toContain("etag: ");
  });

  test("of a part says which, and of how many nothing is said", () => {
    const scope = { filter: ["- /drafts/**"], minSize: 2048, except: "done.csv", leftOut: 3 };
    const page = certificateHtml(certificate({ by: "verify", run: "r", agreed: true, scope }));
    for (const part of ["3 others were left out", "- /drafts/**; of at least 2 KiB; but what done.csv names"]) {
      expect(page).toContain(part);
    }
    expect(certificateHtml(certificate())).not.toContain("In scope");
  });

  test("shows keys as text, whatever they are", () => {
    const page = certificateHtml(certificate());
    expect(page).toContain("&lt;script&gt;alert(1)&lt;/script&gt;");
    expect(page).not.toMatch(/onerror=alert\(1\)>|<b>x|\u202e/);
    expect(page.match(/<\/style>/g)).toHaveLength(1);
  });

  test("of a run that was verified names it, and says what was replaced", () => {
    const of = { by: "verify", run: "nightly-<1>", agreed: true, replaced: 3, deep: true, differences: [] } as const;
    const page = certificateHtml(certificate({ ...of, differences: [] }));
    expect(page).toContain("nightly-&lt;1&gt;");
    expect(page).toContain("3 of them were replaced by a later run");
    expect(page).toContain("their bytes read anew");
  });
});
