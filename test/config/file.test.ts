import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readConfigFile } from "../../src/config/file.ts";
import { parseConfig } from "../../src/config/file-text.ts";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "originals-config-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function fileOf(content: string | Buffer): Promise<string> {
  const path = join(folder, "originals.yaml");
  await writeFile(path, content);
  return path;
}

describe("a config file", () => {
  it("holds the same names in YAML", async () => {
    const text =
      "# nightly\nsource: cos://photos-1250000000\nsource-region: ap-guangzhou\nconcurrency: 64\nrun: 007\nlist: yes\n";
    const { texts } = await readConfigFile(await fileOf(text));
    expect(Object.fromEntries(texts)).toEqual({
      source: "cos://photos-1250000000",
      sourceRegion: "ap-guangzhou",
      concurrency: "64",
      run: "007",
      list: "yes",
    });
  });

  it("starts no program, whoever names it", async () => {
    for (const name of ["credentials-from", "archive-credentials-from"]) {
      expect(() => parseConfig("a.yaml", `${name}: command:/bin/keys never-shown`)).toThrow(
        `The config file "a.yaml" names a command for ${name}, and no config file may start a program: say it as --${name}, or in ORIGINALS_${name.toUpperCase().replaceAll("-", "_")}.`,
      );
      expect(parseConfig("a.yaml", `${name}: role`).size).toBe(1);
    }
  });

  it("holds the same names in JSON", async () => {
    const { texts } = await readConfigFile(
      await fileOf('{"concurrency": 64, "allow-http": ["a.example", "b.example"], "list": true}'),
    );
    expect(Object.fromEntries(texts)).toEqual({ concurrency: "64", allowHttp: "a.example,b.example", list: "true" });
  });

  it("may be empty, or hold comments alone", async () => {
    expect((await readConfigFile(await fileOf(""))).texts.size).toBe(0);
    expect((await readConfigFile(await fileOf("# nothing yet\n"))).texts.size).toBe(0);
  });

  it.each([
    ["concurency: 4", 'holds "concurency", which is no setting; did you mean "concurrency"'],
    ["source_region: ap-guangzhou", 'did you mean "source-region"'],
    ["xyzzy: 1", 'holds "xyzzy", which is no setting.'],
    ["secretkey: hunter2", 'holds "secretkey", which is no setting'],
    ["concurrency:", "gives no value for concurrency"],
    ["concurrency: [1, 2]", 'gives concurrency the value ["1","2"], where one plain value is expected'],
    ["source: {bucket: b}", "where one plain value is expected"],
    ["allow-http: [a, {b: c}]", "where one plain value is expected"],
    ["- concurrency", "does not hold `name: value` lines"],
    ["just text", "does not hold `name: value` lines"],
    ["concurrency: 1\nconcurrency: 2", "is neither YAML nor JSON: line 2, column 1: Map keys must be unique"],
    ['{"concurrency": 1', "is neither YAML nor JSON: line 1, column"],
    ["region: &x [*x]", "can't be used: Alias resolution is disabled"],
  ])("%j is refused with one sentence", (text, why) => {
    let message = "";
    try {
      parseConfig("my.yaml", text);
    } catch (error) {
      message = (error as Error).message;
      expect((error as { code?: string }).code).toBe("InvalidConfig");
    }
    expect(message).toMatch(/^The config file "my.yaml" [^\n]*\.$/);
    expect(message).toContain(why);
  });

  it("that is missing, a directory, or not text is named", async () => {
    await expect(readConfigFile(join(folder, "absent.yaml"))).rejects.toThrow(
      /absent\.yaml" can't be read: there is no such file\.$/,
    );
    await expect(readConfigFile(folder)).rejects.toThrow(/can't be read: it is a directory\.$/);
    await expect(readConfigFile(await fileOf(Buffer.from([0xff, 0xfe, 0x00])))).rejects.toThrow(/is not UTF-8 text\.$/);
  });
});
