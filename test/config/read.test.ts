import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseConfig } from "../../src/config/file-text.ts";
import { idleSettings, misspeltVariables, readSettings } from "../../src/config/read.ts";
import { flagOf, kebab, type SettingName, settingNames, settingTable, variableOf } from "../../src/config/settings.ts";
import { runOptionsSchema } from "../../src/ledger/plan/run-options.ts";

const file = (text: string) => ({ path: "originals.yaml", texts: parseConfig("originals.yaml", text) });

/** What is wrong with a value, by setting: [value, what the sentence says after it]. */
const wrong: readonly (readonly [SettingName, string, string])[] = [
  ["source", "photos", "is not an address of the form cos://BUCKET-APPID[/PREFIX]"],
  ["source", "cos://photos", "does not name a bucket as cos://BUCKET-APPID[/PREFIX]"],
  ["archive", "gs://archive-1250000000", "is no place: an address begins with"],
  ["archive", "file:///mnt/../etc", "names no folder"],
  ["ledger", "cos://Ledger-1250000000", "is not a bucket's full name"],
  ["ledger", `cos://ledger-1250000000/${"x".repeat(851)}`, "the prefix has 851 bytes"],
  ["archive", "cos://archive-1250000000//photos", "does not begin with a slash"],
  ["region", "Guangzhou!", "is not a region"],
  ["sourceRegion", "ap guangzhou", "is not a region"],
  ["archiveRegion", "-", "is not a region"],
  ["manifestRegion", "ap_guangzhou", "is not a region"],
  ["endpoint", "cos.example.com", "is not a URL of the form https://HOST"],
  ["endpoint", "ftp://{bucket}.example.com", "begins with neither https:// nor http://"],
  [
    "sourceEndpoint",
    "https://{bukket}.example.com",
    "holds {bukket}, and only {bucket} and {region} have a meaning in it",
  ],
  ["archiveEndpoint", "https://me:hunter2@example.com", "holds a user name or password"],
  ["endpoint", "https://example.com/path", "goes on after the host"],
  [
    "credentialsFrom",
    "nowhere",
    "is none of environment, file:PATH[#PROFILE], command:PROGRAM ARGUMENTS, role[:NAME], ssm:NAME or secretsmanager:NAME",
  ],
  ["archiveCredentialsFrom", "role:../other", "names no role"],
  ["manifest", "cos://photos-1250000000", "names no object"],
  ["manifest", "cos://photos-1250000000/folder/", "names no object"],
  ["format", "xml", "is none of lines, json, jsonl, csv, cos-inventory, s3-inventory"],
  ["keyEncoding", "utf-8", "is none of raw, url"],
  ["list", "perhaps", "is neither true nor false"],
  ["minRows", "-1", "is not a whole number from 0 to 1000000000"],
  ["again", "perhaps", "is neither true nor false"],
  [
    "allow",
    "archive=gs://x",
    'holds "archive=gs://x", which is not source, archive, ledger, manifest or history=cos://',
  ],
  ["findings", "cos://photos-1250000000/findings.json", "is an address, and no file's name"],
  ["beside", "perhaps", "is neither true nor false"],
  ["csvSafe", "perhaps", "is neither true nor false"],
  ["run", "nightly-{day}", "holds {day}, and only {date} and {time} have a meaning in it"],
  ["run", "../etc", "is not a run id"],
  ["run", "x".repeat(101), "is not a run id"],
  ["resume", "a b", "is not a run id"],
  ["ping", "hc-ping.com/check", "is not a URL of the form https://HOST/CHECK"],
  ["ping", "ftp://hc-ping.com/check", "begins with neither https:// nor http://"],
  ["ping", "https://me:hunter2@hc-ping.com/check", "holds a user name or password, and it must not"],
  ["ping", "https://hc-ping.com/check#a", "has a fragment, and it must not"],
  ["events", "pictures", "is none of https://HOST/PATH, sqs:URL and tdmq:URL"],
  ["events", "sqs:https://sqs.example.com", "names no queue in the path of its URL"],
  ["events", "https://me:hunter2@hooks.example.com/", "holds a user name or password, and it must not"],
  ["notify", "memory:", "is none of https://HOST/PATH, sqs:URL and tdmq:URL"],
  ["notify", "https://hooks.example.com/#a", "has a fragment, and it must not"],
  ["shardSize", "0", "is not a whole number from 1 to 10000"],
  ["shardSize", "10001", "is not a whole number from 1 to 10000"],
  ["concurrency", "abc", "is not a whole number from 1 to 1000"],
  ["concurrency", "0", "is not a whole number from 1 to 1000"],
  ["concurrency", "1001", "is not a whole number from 1 to 1000"],
  ["concurrency", "1e2", "is not a whole number from 1 to 1000"],
  ["concurrency", "-1", "is not a whole number from 1 to 1000"],
  ["rate", "fast", "is not a rate of the form N/s"],
  ["rate", "0", "is not between 0.001/s and 30000/s"],
  ["rate", "500/m", "is not a rate of the form N/s"],
  ["rate", "30001/s", "is not between"],
  ["bwlimit", "fast", "is not a rate of bytes like 500k, 10M or 1G, of 1k at least"],
  ["bwlimit", "1023", "is not a rate of bytes"],
  ["include", "{{.*}}", 'can\'t be read: the glob "{{.*}}" has a regular expression in {{ }}, which is not supported'],
  ["exclude", "a,[b", 'can\'t be read: the glob "[b" has a [ without a ] after it'],
  ["filter", "*.jpg", 'can\'t be read: the rule "*.jpg" begins with neither "+ " nor "- "'],
  ["newerThan", "yesterday", "is neither an age like 36h or 2d, nor a time like 2026-11-22"],
  ["minSize", "-1", "is not a size like 500, 10k, 2M or 1G"],
  ["maxSize", "10 MB", "is not a size like 500, 10k, 2M or 1G"],
  ["except", "-", "is standard input, and here a file or cos://BUCKET-APPID/KEY is expected"],
  ["except", "cos://photos-1250000000", "names no object"],
  ["limit", "0", "is not a whole number from 1 to 1000000000"],
  ["maxCost", "0", "is not between 0 and 1000000"],
  ["maxCost", "much", "is not a number like 0.025"],
  ["maxBytes", "much", "is not a size like 500, 10k, 2M or 1G"],
  ["confirmAbove", "-1", "is not a number like 0.025"],
  ["stats", "60", "is no time between 1s and 24h, like 30s, 1m or 1h"],
  ["stats", "2d", "is no time between 1s and 24h"],
  ["listen", "localhost", "is not HOST:PORT, nor a port alone"],
  ["listen", "127.0.0.1:70000", "with a port from 0 to 65535"],
  ["metricsFile", "https://example.com/x.prom", "is an address, and no file's name"],
  ["logFormat", "xml", "is none of text, json"],
  ["logLevel", "loud", "is none of debug, info, warn, error"],
  ["maxInstances", "0", "is not a whole number from 1 to 10000"],
  ["archiveKey", "{folder}/{key}", "holds {folder}, and only {key}"],
  ["archiveKey", "same", "would give every original the same name"],
  ["archiveKey", `{key}${"é".repeat(430)}`, "is longer than a key may be"],
  ["ifExists", "ask", "is none of skip, keep, overwrite, fail"],
  ["ifChanged", "skip", "is none of archive, fail"],
  ["lang", "de", "is none of en, zh"],
  ["archivedClass", "thaw", "is none of fail, skip, restore"],
  ["restoreTier", "Fast", "is none of Standard, Bulk, Expedited"],
  ["restoreDays", "366", "is not a whole number from 1 to 365"],
  ["storageClass", "standard", "is none of STANDARD, STANDARD_IA"],
  ["encryption", "aes", "is none of AES256, cos/kms"],
  ["history", "/history", "is no folder of keys, like history/"],
  ["history", "cos://archive/history", "is no place: "],
  ["maxFailures", "many", "is neither a number of rows nor a percentage"],
  ["maxFailures", "-5", "is neither a number of rows nor a percentage"],
  ["maxFailures", "101%", "is more than 100%"],
  ["proof", "md5", "is none of auto, content-md5, crc64, size"],
  ["expect", "head", "is none of auto, get"],
  ["maxAttempts", "0", "is not a whole number from 1 to 100"],
  ["allowHttp", "http://host", "is not a host name"],
  ["queue", "rabbit:", "is none of memory:, sqs:URL and tdmq:URL"],
  ["deadLetterQueue", "memory:", "would be lost with this process"],
  ["deadLetterQueue", "rabbit:", "is none of memory:, sqs:URL and tdmq:URL"],
  ["visibility", "29", "is not a whole number from 30 to 43200"],
  ["queue", "tdmq:queue", "names no queue by a URL after the colon"],
  ["priceCurrency", "yuan", "is not a currency code like CNY"],
  ["priceProcessing", "cheap", "is not a number like 0.025"],
  ["freeProcessing", "-1", "is not a number like 0.025"],
  ["priceRequests", "1e3", "is not a number like 0.025"],
  ["priceRestoreRequests", "much", "is not a number like 0.025"],
  ["priceRestoreArchive", "-1", "is not a number like 0.025"],
  ["priceRestoreDeepArchive", "1e3", "is not a number like 0.025"],
  ["priceTraffic", "0,5", "is not a number like 0.025"],
];

describe("a setting", () => {
  it("is covered by the table of wrong values, every one of them", () => {
    expect(new Set(wrong.map(([name]) => name))).toEqual(new Set(settingNames));
  });

  it.each(wrong)("%s refuses %s and says why, in the form in which it was given", (name, value, why) => {
    const shown = JSON.stringify(value.replace("me:hunter2", "…")).slice(0, 100);
    const ways = [
      { sources: { flags: { [name]: value } }, as: `${flagOf(name)} ${shown}` },
      { sources: { environment: { [variableOf(name)]: value } }, as: `${variableOf(name)} ${shown}` },
      { sources: { file: file(JSON.stringify({ [kebab(name)]: value })) }, as: `${kebab(name)} ${shown}` },
    ];
    for (const { sources, as } of ways) {
      let message = "";
      try {
        readSettings(sources);
      } catch (error) {
        message = (error as Error).message;
        expect((error as { code?: string }).code).toBe("InvalidSetting");
      }
      expect(message).not.toContain("hunter2");
      expect(message.startsWith(as), message).toBe(true);
      expect(message).toContain(why);
      expect(message.endsWith("."), message).toBe(true);
    }
    expect(() => readSettings({ file: file(JSON.stringify({ [kebab(name)]: value })) })).toThrow(" in originals.yaml ");
  });

  it.each(settingNames)("%s accepts its own example from flag, environment and file alike", (name) => {
    const { example } = settingTable[name];
    const read = [
      readSettings({ flags: { [name]: example } }),
      readSettings({ environment: { [variableOf(name)]: example } }),
      readSettings({ file: file(JSON.stringify({ [kebab(name)]: example })) }),
    ].map((settings) => settings.values[name]);
    expect(read[0]).toBeDefined();
    expect(read[1]).toEqual(read[0]);
    expect(read[2]).toEqual(read[0]);
  });

  it.each([
    ["source", "cos://photos-1250000000/2024/summer holiday/", "cos://photos-1250000000/2024/summer holiday/"],
    ["endpoint", "http://127.0.0.1:8080", "http://127.0.0.1:8080"],
    ["endpoint", "https://cos.{region}.example.com", "https://cos.{region}.example.com"],
    ["endpoint", "https://cos.{region}.example.com/{bucket}", "https://cos.{region}.example.com/{bucket}"],
    ["allowHttp", "store.example:8080", ["store.example:8080"]],
    ["rate", "0.5/s", 0.5],
    ["rate", "500", 500],
    ["maxFailures", "0", "0"],
    ["maxFailures", "2.5%", "2.5%"],
    ["list", "1", true],
    ["list", "off", false],
    ["allowHttp", "a.example, [::2]", ["a.example", "[::2]"]],
    ["queue", "sqs:originals-dev", "sqs:originals-dev"],
    [
      "queue",
      "tdmq:https://cmq-gz.public.tencenttdmq.com/originals",
      "tdmq:https://cmq-gz.public.tencenttdmq.com/originals",
    ],
    ["manifest", "-", "-"],
  ] as const)("%s reads %s", (name, text, value) => {
    expect(readSettings({ environment: { [variableOf(name)]: text } }).values[name]).toEqual(value);
  });
});

describe("where settings come from", () => {
  it("flags go before the environment, the environment before the file, the file before the default", () => {
    const flags = { concurrency: "1" };
    const environment = { ORIGINALS_CONCURRENCY: "2" };
    const concurrency = (...[sources]: Parameters<typeof readSettings>) => readSettings(sources).values.concurrency;
    expect(concurrency({ flags, environment, file: file("concurrency: 3") })).toBe(1);
    expect(concurrency({ environment, file: file("concurrency: 3") })).toBe(2);
    expect(concurrency({ file: file("concurrency: 3") })).toBe(3);
    expect(concurrency({})).toBe("auto");
  });

  it("an empty environment variable says nothing, as deployment templates write it", () => {
    const settings = readSettings({ environment: { ORIGINALS_RATE: "", ORIGINALS_CONCURRENCY: "" } });
    expect(settings.values.rate).toBeUndefined();
    expect(settings.values.concurrency).toBe("auto");
  });

  it("an empty flag is not taken for an absent one", () => {
    expect(() => readSettings({ flags: { run: "" } })).toThrow(/^--run "" is not a run id/);
  });

  it("tells what the user gave from what is a default", () => {
    const settings = readSettings({ flags: { list: true }, environment: { ORIGINALS_REGION: "ap-guangzhou" } });
    expect(settings.said("list")).toBe("--list");
    expect(settings.said("region")).toBe('ORIGINALS_REGION "ap-guangzhou"');
    expect(settings.said("concurrency")).toBe("--concurrency");
    expect([settings.given("list"), settings.given("concurrency")]).toEqual([true, false]);
  });

  it("any text at all as any setting yields a value or one sentence that quotes it", () => {
    fc.assert(
      fc.property(fc.constantFrom(...settingNames), fc.string({ unit: "binary", minLength: 1 }), (name, text) => {
        try {
          readSettings({ flags: { [name]: text } });
        } catch (error) {
          expect((error as { code?: string }).code).toBe("InvalidSetting");
          expect((error as Error).message).toMatch(new RegExp(`^${flagOf(name)} "`));
        }
      }),
    );
  });

  it("the defaults of what a run is asked are those of the ledger", () => {
    const {
      archiveKey,
      proof,
      expect: expectation,
      ifExists,
      ifChanged,
      maxAttempts,
      shardSize,
    } = readSettings({}).values;
    expect({ archiveKey, proof, expect: expectation, ifExists, ifChanged, maxAttempts, shardSize }).toEqual(
      runOptionsSchema.parse({}),
    );
  });
});

describe("a misspelt environment variable", () => {
  it("is pointed out with the name that was meant; credentials are none", () => {
    expect(
      misspeltVariables({
        ORIGINALS_CONCURENCY: "4",
        ORIGINALS_RATE: "5/s",
        ORIGINALS_ARCHIVE_SECRETID: "id",
        PATH: "/bin",
        ORIGINALS_XYZZY: "1",
      }),
    ).toEqual([
      "The environment variable ORIGINALS_CONCURENCY is no setting and has no effect; perhaps ORIGINALS_CONCURRENCY is meant.",
      "The environment variable ORIGINALS_XYZZY is no setting and has no effect.",
    ]);
  });
});

describe("a setting that nothing comes of without another", () => {
  const told = (flags: Partial<Record<SettingName, string>>) => idleSettings(readSettings({ flags, environment: {} }));

  it("is pointed out as it was given", () => {
    expect(told({ restoreTier: "Bulk", restoreDays: "7", archivedClass: "skip" })).toEqual([
      '--restore-tier "Bulk" has no effect without --archived-class restore.',
      '--restore-days "7" has no effect without --archived-class restore.',
    ]);
  });

  it("is silent beside that other, and where it is not given", () => {
    expect(told({ restoreTier: "Bulk", archivedClass: "restore" })).toEqual([]);
    expect(told({})).toEqual([]);
  });
});
