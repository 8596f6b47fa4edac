/** A config from five answers, which the program reads back as they were meant. Would catch: a file overwritten, and an answer that only fails at the first run. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { parseConfig } from "../../../../src/config/file-text.ts";
import { readSettings } from "../../../../src/config/read.ts";
import type { SettingName } from "../../../../src/config/settings.ts";
import { configText } from "../../../../src/runtime/cli/begin/config-text.ts";
import { initCommand } from "../../../../src/runtime/cli/begin/init.ts";
import { askSettings, named } from "../../../../src/runtime/cli/begin/questions.ts";
import { foundConfig } from "../../../../src/runtime/cli/input/found-config.ts";
import type { Terminal } from "../../../../src/runtime/cli/terminal/terminal.ts";
import { differencesOf } from "../../../papers/cli-paper.ts";

const texts = (of: Partial<Record<SettingName, string>>) => new Map(Object.entries(of)) as Map<SettingName, string>;

/** Answers in their order; none left: the input ended. */
function person(...answers: readonly string[]) {
  const left = [...answers];
  const questions: string[] = [];
  const faults: string[] = [];
  return {
    questions,
    faults,
    async answer(question: string) {
      questions.push(question);
      return left.shift();
    },
    complain: (sentence: string | readonly string[]) => void faults.push(...[sentence].flat()),
  };
}

describe("the questions", () => {
  test("are five, and each has an answer that will do", async () => {
    const asked = person(
      "cos://photos-1250000000",
      "ap-guangzhou",
      "cos://archive-1250000000/photos/",
      "ap-singapore",
      "keys.csv",
    );
    expect(await askSettings(texts({}), asked)).toEqual(
      texts({
        source: "cos://photos-1250000000",
        region: "ap-guangzhou",
        archive: "cos://archive-1250000000/photos/",
        archiveRegion: "ap-singapore",
        manifest: "keys.csv",
      }),
    );
    expect(asked.questions).toHaveLength(5);
  });

  test("are fewer where an answer, or a flag, says more", async () => {
    const url = person("https://photos-1250000000.cos.ap-tokyo.myqcloud.com/2026/", "file:///mnt/archive", "");
    expect(await askSettings(texts({}), url)).toEqual(
      texts({
        source: "https://photos-1250000000.cos.ap-tokyo.myqcloud.com/2026/",
        archive: "file:///mnt/archive",
        list: "true",
      }),
    );
    const same = person("cos://archive-1250000000", "", "list");
    expect(
      named(
        (await askSettings(texts({ source: "cos://photos-1250000000", sourceRegion: "ap-guangzhou" }), same)) ??
          new Map(),
      ),
    ).toEqual(
      texts({
        source: "cos://photos-1250000000",
        sourceRegion: "ap-guangzhou",
        archive: "cos://archive-1250000000",
        archiveRegion: "ap-guangzhou",
        list: "true",
        run: "nightly-{date}",
      }),
    );
    expect(same.questions[1]).toBe("The region of that bucket [ap-guangzhou]:");
    const s3 = person("s3://kept", "", "us-east-1", "keys.txt");
    expect(
      (await askSettings(texts({ source: "cos://photos-1250000000", region: "ap-guangzhou" }), s3))?.get(
        "archiveRegion",
      ),
    ).toBe("us-east-1");
  });

  test("come again where the answer will not do, with why", async () => {
    const asked = person("photos", "cos://photos-1250000000", "Guangzhou!", "ap-guangzhou");
    expect(await askSettings(texts({ archive: "file:///mnt/archive", list: "true" }), asked)).toBeDefined();
    expect(asked.faults).toEqual([
      expect.stringContaining('"photos" is not an address of the form cos://BUCKET-APPID[/PREFIX]'),
      expect.stringContaining('"Guangzhou!" is not a region'),
    ]);
  });

  test("end with the input, and nothing is made of half of them", async () => {
    for (const answers of [
      [],
      ["cos://photos-1250000000"],
      ["cos://photos-1250000000", "ap-guangzhou", "cos://archive-1250000000"],
    ]) {
      expect(await askSettings(texts({}), person(...answers))).toBeUndefined();
    }
  });
});

test("what is written is read back as it was said", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme", minLength: 1, maxLength: 30 }), (value) => {
      const written = configText(texts({ archiveKey: value, region: "ap-guangzhou" }), "./schema.json");
      expect(parseConfig("x.yaml", written)).toEqual(texts({ archiveKey: value, region: "ap-guangzhou" }));
    }),
    { numRuns: 100 },
  );
});

describe("init", () => {
  let folder: string;
  let out: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "init-"));
    out = join(folder, "cos-originals.yaml");
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const given = {
    source: "cos://photos-1250000000",
    archive: "cos://archive-1250000000/photos/",
    region: "ap-guangzhou",
    list: true,
  };

  /** A terminal with somebody at it who answers so, or with nobody. */
  function terminal(answers?: readonly string[], agrees = false) {
    const whom = person(...(answers ?? []));
    const printed: string[] = [];
    const notes: string[] = [];
    const fake = {
      ...whom,
      seated: answers !== undefined,
      out: (text: string | readonly string[]) => void printed.push(...[text].flat()),
      note: (text: string | readonly string[]) => void notes.push(...[text].flat()),
      confirm: async () => agrees,
    } as Partial<Terminal> as Terminal;
    return { fake, printed, notes, ...whom };
  }

  test("writes from flags alone, asks nobody, and the file is found and read", async () => {
    const { fake, notes, questions } = terminal();
    expect(await initCommand({ ...given, out }, fake)).toBe(0);
    expect(questions).toEqual([]);
    const text = readFileSync(out, "utf8");
    expect(text.split("\n")[0]).toMatch(/^# yaml-language-server: \$schema=.*docs\/config\.schema\.json$/);
    const file = await foundConfig({ seated: true, note: () => undefined }, folder);
    const { values } = readSettings({ file });
    expect(values).toMatchObject({ ...given, run: "nightly-{date}" });
    expect(notes.join("\n")).toContain(`cos-originals doctor --config ${out}`);
    expect(text).not.toMatch(/secret(id|key)\s*:/i);
  });

  test("refuses what run would refuse, and writes nothing", async () => {
    const wrong = [
      [{ ...given, source: undefined }, "--source is missing"],
      [{ ...given, region: undefined }, "The region of --source"],
      [{ ...given, list: undefined }, "What to archive is missing"],
      [{ ...given, archive: "cos://photos-1250000000" }, "photos-1250000000"],
      [{ ...given, manifest: "keys.txt" }, "are both given"],
    ] as const;
    for (const [flags, why] of wrong) {
      await expect(initCommand({ ...flags, out }, terminal().fake), why).rejects.toThrow(why);
      expect(readdirSync(folder)).toEqual([]);
    }
  });

  test("leaves a file that is there as it is, unless somebody says otherwise", async () => {
    writeFileSync(out, "mine");
    for (const { fake } of [terminal(), terminal([], false)]) {
      await expect(initCommand({ ...given, out }, fake)).rejects.toThrow(/is there already, and was left as it is/);
      expect(readFileSync(out, "utf8")).toBe("mine");
    }
    const agreed = terminal([], true);
    expect(await initCommand({ ...given, out, json: true }, agreed.fake)).toBe(0);
    const document = JSON.parse(agreed.printed.join(""));
    expect(differencesOf("cos-originals/init@1", document)).toEqual([]);
    expect(document).toMatchObject({ file: out, replaced: true, settings: { list: "true" } });
    writeFileSync(out, "mine");
    expect(await initCommand({ ...given, out, overwrite: true }, terminal().fake)).toBe(0);
    expect(readFileSync(out, "utf8")).toContain("source: cos://photos-1250000000");
  });

  test("writes nothing where the answers end", async () => {
    const { fake, faults } = terminal(["cos://photos-1250000000"]);
    expect(await initCommand({ out }, fake)).toBe(130);
    expect(faults).toEqual(["interrupted, and nothing was written."]);
    expect(readdirSync(folder)).toEqual([]);
  });
});
