import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { readSettings } from "../../../src/config/read.ts";
import { foundOfSource } from "../../../src/runtime/settings/findings.ts";

function of(text?: string | Buffer) {
  const folder = mkdtempSync(join(tmpdir(), "findings-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, "findings.json");
  if (text !== undefined) writeFileSync(file, text);
  return () => foundOfSource(readSettings({ flags: { findings: file }, environment: {} }));
}
const documentOf = (...findings: object[]) => JSON.stringify({ schema: "cos-originals/findings@1", findings });

test("what matters to a run is taken from the document that the settings name", () => {
  expect(foundOfSource(readSettings({ environment: {} }))).toBeUndefined();
  const found = documentOf(
    { switch: "originImageSendsMeta", value: false },
    { switch: "originImageMaxBytes", value: 33_554_432 },
    { switch: "originImageHonoursVersionId", value: null, unknown: "it was not tried" },
    { switch: "headOfProtected", value: "refuse" },
    { switch: "ciBound", value: true },
    { switch: "smartCompression", value: "every" },
  );
  expect(of(found)()).toEqual({
    bringsMetadata: false,
    largestOriginal: 33_554_432,
    heedsVersions: undefined,
    refusesHead: true,
    bringsNone: "slimmed",
  });
  expect(of(documentOf({ switch: "ciBound", value: false }))()?.bringsNone).toBe("unbound");
  expect(of(documentOf({ switch: "originImageMaxBytes", value: 0 }))()?.largestOriginal).toBeUndefined();
});

test("a file that is not there, or is none, is named", () => {
  expect(of()).toThrow(/findings.json" can't be read/);
  expect(of("{}")).toThrow(/no document cos-originals/);
});

test("a file that is another, that never ends, or that was saved otherwise is said to be so", () => {
  expect(of(`\ufeff${documentOf({ switch: "ciBound", value: true })}`)()).toBeDefined();
  // PowerShell's >.
  expect(of(Buffer.from(`\ufeff${documentOf()}`, "utf16le"))).toThrow(/it is UTF-16, as PowerShell writes/);
  expect(of(Buffer.from([0x7b, 0xff, 0x7d]))).toThrow(/not UTF-8 text/);
  expect(of(" ".repeat(1_048_577))).toThrow(/more than 1 MiB/);
  expect(of(documentOf({ switch: "ciBound", value: true }).slice(0, -5))).toThrow(/it is no JSON/);
  expect(() => foundOfSource(readSettings({ flags: { findings: "/dev/zero" }, environment: {} }))).toThrow(
    /more than 1 MiB/,
  );
});
