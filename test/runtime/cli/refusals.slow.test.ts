import { join } from "node:path";
import pLimit from "p-limit";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { settingTable } from "../../../src/config/settings.ts";
import { runCli } from "./built.ts";
import { credentials, type Lab, lines, openLab, source } from "./lab.ts";

let lab: Lab;
beforeAll(async () => {
  lab = await openLab();
});
afterAll(() => lab?.close());
beforeEach(() => lab.next());

const run: Lab["run"] = (...given) => lab.run(...given);
const file: Lab["file"] = (...given) => lab.file(...given);

describe("cos-originals run refuses", () => {
  it("a manifest that is missing, a directory, or empty, each in its own words", async () => {
    const cases: [string, RegExp][] = [
      [join(lab.folder, "absent.txt"), /can't be read: there is no such file\.$/],
      [lab.folder, /can't be read: it is a directory\.$/],
      [await file("empty.txt", ""), /is empty: there is nothing to archive\.$/],
      [await file("header.csv", "Key,Size\n"), /header\.csv" .*no row/s],
      [await file("array.json", "[]"), /array\.json" .*no row/s],
      [`cos://${source}/absent.csv`, /The manifest "cos:\/\/photos-1250000000\/absent\.csv" does not exist/],
      [await file("keys", "plain.png\n"), /does not tell its format; say it, for example --format lines\.$/],
      [await file("inventory.json", '{"sourceAppid":"1","fileFormat":"CSV"}'), /is that of an inventory/],
      ["-", /"standard input" does not tell its format/],
    ];
    for (const [manifest, sentence] of cases) {
      const { code, stdout, stderr } = await run(["--manifest", manifest], "plain.png\n");
      expect({ manifest, code, stdout }).toEqual({ manifest, code: 2, stdout: "" });
      expect(stderr.trimEnd()).toMatch(sentence);
      expect(stderr.trimEnd().split("\n")).toHaveLength(1);
    }
  });

  it("a manifest that is not what --format says, is no text, or is damaged", async () => {
    const cases: [string, string | Buffer, string][] = [
      ["jsonl", "Key,Size\nplain.png,3\n", "text.txt"],
      ["json", '{"key":"plain.png"}', "object.json"],
      ["csv", Buffer.from([0, 1, 2, 3, 0, 255, 254]), "binary.csv"],
      ["lines", Buffer.from("\ufeffplain.png\n", "utf16le"), "utf16.txt"],
      ["lines", Buffer.from([0x1f, 0x8b, 8, 0, 0, 0]), "cut.txt.gz"],
    ];
    for (const [format, content, name] of cases) {
      const { code, stderr } = await run(["--format", format, "--manifest", await file(name, content)]);
      expect({ name, code, stderr }).toMatchObject({ name, code: 2 });
      expect(stderr).toContain(name);
      expect(stderr).not.toMatch(/\n\s+at /);
    }
  });

  it("no whole manifest for one bad row: a huge line and bytes that are no UTF-8 fail alone", async () => {
    const content = Buffer.concat([
      Buffer.from("plain.png\n"),
      Buffer.alloc(3_000_000, "x"),
      Buffer.from([10, 0xff, 0xfe, 10]),
    ]);
    const { code, stdout } = await run(["--json", "--manifest", await file("odd.txt", content)]);
    expect(code).toBe(3);
    expect(JSON.parse(stdout)).toMatchObject({
      rows: 3,
      archived: 1,
      failed: 2,
      failures: [{ code: "InvalidRow", count: 2 }],
    });
  });

  it("wrong, expired and missing credentials with 6, before any work", async () => {
    const manifest = await file("keys.txt", lines("plain.png"));
    lab.emulator.resetRequests();
    const { TENCENTCLOUD_SECRETID: _, TENCENTCLOUD_SECRETKEY: __, ...without } = lab.env;
    const args = ["run", "--archive", lab.place(), "--manifest", manifest];
    const wrong: [Record<string, string>, RegExp][] = [
      [{ ...lab.env, TENCENTCLOUD_SECRETKEY: "another" }, /SignatureDoesNotMatch|refused/],
      [{ ...lab.env, TENCENTCLOUD_SECRETID: "AKIDnobody" }, /InvalidAccessKeyId|refused/],
      [without, /TENCENTCLOUD_SECRETID/],
    ];
    for (const [environment, sentence] of wrong) {
      const { code, stderr } = await runCli(lab.built.cli, args, environment);
      expect({ code, stderr }).toMatchObject({ code: 6 });
      expect(stderr).toMatch(sentence);
      expect(stderr).not.toContain("another");
      expect(stderr).not.toContain(credentials.secretKey);
    }
    expect(lab.emulator.requests()["object.original"]).toBe(0);
  });

  it("a bucket that does not exist", async () => {
    const manifest = await file("keys.txt", lines("plain.png"));
    const { code, stderr } = await run(["--source", "cos://nowhere-1250000000", "--manifest", manifest]);
    expect({ code, stderr }).toMatchObject({ code: 2 });
    expect(stderr).toContain("cos://nowhere-1250000000");
  });

  it("plain http to any other machine", async () => {
    const manifest = await file("keys.txt", lines("plain.png"));
    const { code, stderr } = await run(["--manifest", manifest, "--endpoint", "http://cos.example.com"]);
    expect(code).toBe(2);
    expect(stderr).toContain("--allow-http cos.example.com");
  });

  const wrongFlags: readonly (readonly string[])[] = [
    ["--source", "photos"],
    ["--archive", "cos://archive"],
    ["--ledger", "/tmp"],
    ["--region", "Guangzhou!"],
    ["--source-region", ""],
    ["--archive-region", "x y"],
    ["--manifest-region", "?"],
    ["--endpoint", "cos.example.com"],
    ["--source-endpoint", "ftp://x"],
    ["--archive-endpoint", "https://{buckets}"],
    ["--manifest", ""],
    ["--findings", "https://findings.example"],
    ["--format", "xml"],
    ["--key-encoding", "utf8"],
    ["--run", "../x"],
    ["--resume", "a/b"],
    ["--stats", "60"],
    ["--lang", "fr"],
    ["--shard-size", "0"],
    ["--concurrency", "1001"],
    ["--rate", "fast"],
    ["--max-instances", "-1"],
    ["--archive-key", "{folder}"],
    ["--if-exists", "ask"],
    ["--if-changed", "ask"],
    ["--min-rows", "-1"],
    ["--archived-class", "thaw"],
    ["--restore-tier", "Fast"],
    ["--restore-days", "0"],
    ["--ping", "hc-ping.com"],
    ["--history", "/x"],
    ["--events", "ftp://x"],
    ["--notify", "ftp://x"],
    ["--include", "{{x}}"],
    ["--exclude", "[a"],
    ["--filter", "photos"],
    ["--newer-than", "soon"],
    ["--min-size", "big"],
    ["--max-size", "big"],
    ["--limit", "0"],
    ["--max-cost", "-1"],
    ["--max-bytes", "many"],
    ["--bwlimit", "fast"],
    ["--confirm-above", "-1"],
    ["--storage-class", "cold"],
    ["--encryption", "rot13"],
    ["--max-failures", "200%"],
    ["--proof", "md5"],
    ["--expect", "head"],
    ["--max-attempts", "0"],
    ["--allow-http", "http://x"],
    ["--credentials-from", "nowhere"],
    ["--archive-credentials-from", "nowhere"],
    ["--log-format", "xml"],
    ["--log-level", "loud"],
  ];

  it("every flag out of its range with 2, and one sentence that quotes flag and value", async () => {
    const prices = Object.keys(settingTable).filter((name) => /^(?:price|freeProcessing)/.test(name));
    const notOfRun = [
      "list",
      "queue",
      "deadLetterQueue",
      "visibility",
      "again",
      "beside",
      "allow",
      "csvSafe",
      "listen",
      // Any text is a file's path.
      "except",
      "metricsFile",
      ...prices,
    ];
    expect(wrongFlags.length).toBe(Object.keys(settingTable).length - notOfRun.length);
    const manifest = await file("keys.txt", lines("plain.png"));
    await pLimit(4).map(wrongFlags, async ([flag = "", value = ""]) => {
      const { code, stdout, stderr } = await run(["--manifest", manifest, flag, value]);
      expect({ flag, code, stdout }).toEqual({ flag, code: 2, stdout: "" });
      expect(stderr.startsWith(`cos-originals: ${flag} ${JSON.stringify(value)} `), stderr).toBe(true);
      expect(stderr.trimEnd().split("\n")).toHaveLength(1);
    });
  });

  it("flags that there are not, values that are missing, and what contradicts itself", async () => {
    const manifest = await file("keys.txt", lines("plain.png"));
    const cases: [string[], RegExp][] = [
      [
        ["--concurency", "3"],
        /^cos-originals: unknown option '--concurency'; perhaps --concurrency is meant\. See: cos-originals run --help$/,
      ],
      [["--concurrency"], /^cos-originals: option '--concurrency <N\|auto>' argument missing\. See: /],
      [
        ["keys.txt"],
        /^cos-originals: there is an argument too many; places, keys and a run are named by flags, --source/,
      ],
      [[], /^cos-originals: What to archive is missing; say it with --manifest FILE/],
      [["--manifest", manifest, "--list", "--run", "x"], /are both given; a run archives one or the other\.$/],
      [["--resume", "x", "--proof", "size"], /^cos-originals: --proof "size" can't be given with --resume "x"/],
      [["--resume", "nobody"], /There is no run "nobody" in the ledger/],
      [
        ["--manifest", manifest, "--config", join(lab.folder, "absent.yaml")],
        /absent\.yaml" can't be read: there is no such file\.$/,
      ],
    ];
    for (const [args, sentence] of cases) {
      const { code, stderr } = await run(args);
      expect({ args, code }).toEqual({ args, code: 2 });
      expect(stderr.trimEnd()).toMatch(sentence);
    }
  });

  it("with --json gives the reason as a document too", async () => {
    const { code, stdout, stderr } = await run(["--json", "--concurrency", "abc", "--list"]);
    expect(code).toBe(2);
    const message = '--concurrency "abc" is not a whole number from 1 to 1000, nor auto; --concurrency 32 would do.';
    expect(JSON.parse(stdout)).toEqual({ schema: "cos-originals/error@1", error: { code: "InvalidSetting", message } });
    expect(stderr).toBe(`cos-originals: ${message}\n`);
  });

  it("says which environment variable is misspelt, and goes on", async () => {
    const manifest = await file("keys.txt", lines("plain.png"));
    const { code, stderr } = await run(["--manifest", manifest], undefined, { ORIGINALS_CONCURENCY: "4" });
    expect(code).toBe(0);
    expect(stderr).toContain("perhaps ORIGINALS_CONCURRENCY is meant");
  });
});
