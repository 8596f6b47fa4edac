/** A config that nobody named is taken where somebody sees it, and can send nothing elsewhere. Would catch: a cloned folder that has requests signed for its own host. */
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Setting } from "../../../../src/config/setting.ts";
import { kebab, settingNames, settingTable } from "../../../../src/config/settings.ts";
import { foundConfig, foundName } from "../../../../src/runtime/cli/input/found-config.ts";

let folder: string;
const notes: string[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "found-"));
  notes.length = 0;
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const write = (text: string) => writeFileSync(join(folder, foundName), text);
const find = (seated: boolean) => foundConfig({ seated, note: (text) => notes.push(...[text].flat()) }, folder);

describe("cos-originals.yaml in the folder", () => {
  test("is taken at a terminal, and told in one line", async () => {
    write("source: cos://photos-1250000000\nregion: ap-guangzhou\nlist: true\n");
    const file = await find(true);
    expect(Object.fromEntries(file?.texts ?? [])).toEqual({
      source: "cos://photos-1250000000",
      region: "ap-guangzhou",
      list: "true",
    });
    expect(notes).toEqual(["Settings are from cos-originals.yaml in this folder: source, region, list."]);
  });

  test("is not taken without one, whatever it holds, and told in one line", async () => {
    write("neither: [yaml");
    expect(await find(false)).toBeUndefined();
    expect(notes).toEqual([
      "cos-originals.yaml in this folder is not read without a terminal; --config cos-originals.yaml reads it.",
    ]);
  });

  test("is nothing where there is none", async () => {
    expect(await find(true)).toBeUndefined();
    expect(notes).toEqual([]);
  });

  test("may not say what speaks to others, every one of the settings that do", async () => {
    const guarded = settingNames.filter((name) => (settingTable[name] as Setting<unknown>).onlyNamed);
    expect(guarded.map(kebab).sort()).toEqual([
      "allow",
      "allow-http",
      "archive-credentials-from",
      "archive-endpoint",
      "credentials-from",
      "dead-letter-queue",
      "endpoint",
      "events",
      "listen",
      "metrics-file",
      "notify",
      "ping",
      "queue",
      "source-endpoint",
    ]);
    for (const name of guarded) {
      write(JSON.stringify({ source: "cos://photos-1250000000", [kebab(name)]: settingTable[name].example }));
      await expect(find(true)).rejects.toThrow(`may not say ${kebab(name)}, which says who is spoken to`);
    }
    expect(notes).toEqual([]);
  });

  test("has every setting decided that names a host or a target", () => {
    const named = settingNames.filter((name) =>
      /URL|HOST|TARGET|QUEUE|PLACES/.test((settingTable[name] as Setting<unknown>).placeholder ?? ""),
    );
    expect(named.length).toBeGreaterThan(5);
    for (const name of named) expect((settingTable[name] as Setting<unknown>).onlyNamed, name).toBe(true);
    for (const name of settingNames)
      if (/endpoint/i.test(name)) expect((settingTable[name] as Setting<unknown>).onlyNamed, name).toBe(true);
  });

  test("may name files of its own folder, and no others, not by a link either", async () => {
    symlinkSync("/etc/hostname", join(folder, "linked.txt"));
    writeFileSync(join(folder, "keys.txt"), "a\n");
    const taken = [
      { manifest: "keys.txt" },
      { manifest: "not-there/yet.txt" },
      { manifest: "-" },
      { except: "cos://a-1250000000/x.csv" },
      { archive: `file://${folder}/kept` },
      { archive: "s3://kept/" },
    ];
    for (const texts of taken) {
      write(JSON.stringify(texts));
      expect((await find(true))?.texts.size).toBe(1);
    }
    const refused = [
      { manifest: "../keys.txt" },
      { manifest: "/etc/passwd" },
      { manifest: "linked.txt" },
      { except: ".." },
      { findings: "/tmp/x" },
      { archive: "file:///mnt/archive" },
      { ledger: `file://${folder}/../x` },
    ];
    for (const texts of refused) {
      write(JSON.stringify(texts));
      await expect(find(true), JSON.stringify(texts)).rejects.toThrow(
        /outside the folder; where it is meant, say --config cos-originals\.yaml\.$/,
      );
    }
  });
});
