import { describe, expect, it } from "vitest";
import { readSettings } from "../../../src/config/read.ts";
import { queueUrlBesideFunction, queueUrlOfArn } from "../../../src/runtime/function/sqs-queue-url.ts";
import { archivePlace, ledgerPlace, manifestObject, sourcePlace } from "../../../src/runtime/settings/places.ts";

const read = (flags: Parameters<typeof readSettings>[0]["flags"]) => readSettings({ flags: flags ?? {} });

describe("the buckets that settings name", () => {
  it("take the region of their own before the one for all", () => {
    const settings = read({
      source: "cos://photos-1250000000/2026/",
      archive: "cos://archive-1250000000",
      manifest: "cos://photos-1250000000/lists/today.csv",
      region: "ap-guangzhou",
      archiveRegion: "ap-singapore",
    });
    expect(sourcePlace(settings)).toEqual({ bucket: "photos-1250000000", region: "ap-guangzhou", prefix: "2026/" });
    expect(archivePlace(settings)).toEqual({ bucket: "archive-1250000000", region: "ap-singapore", prefix: "" });
    expect(ledgerPlace(settings)).toEqual({
      bucket: "archive-1250000000",
      region: "ap-singapore",
      prefix: ".originals/",
    });
    expect(manifestObject(settings)).toEqual({
      bucket: "photos-1250000000",
      region: "ap-guangzhou",
      key: "lists/today.csv",
    });
  });

  it.each([
    [{ archive: "cos://archive-1250000000/photos" }, "photos/.originals/"],
    [{ archive: "cos://archive-1250000000/photos/" }, "photos/.originals/"],
    [{ archive: "cos://archive-1250000000", ledger: "cos://ledger-1250000000" }, ""],
    [{ archive: "cos://archive-1250000000", ledger: "cos://ledger-1250000000/runs of photos" }, "runs of photos/"],
  ])("put the ledger into a folder: %j", (flags, prefix) => {
    expect(ledgerPlace(read({ ...flags, region: "ap-guangzhou" })).prefix).toBe(prefix);
  });

  it("may be in other stores, each with a region of its own", () => {
    const settings = read({
      source: "cos://photos-1250000000",
      archive: "s3://photo-archive/photos/",
      ledger: "file:///mnt/ledger/",
      region: "ap-guangzhou",
      archiveRegion: "us-east-1",
    });
    expect(sourcePlace(settings).region).toBe("ap-guangzhou");
    expect(archivePlace(settings)).toEqual({
      store: "s3",
      bucket: "photo-archive",
      region: "us-east-1",
      prefix: "photos/",
    });
    expect(ledgerPlace(settings)).toEqual({ store: "file", bucket: "/mnt/ledger", region: "local", prefix: "" });
    // A region of COS is none of S3.
    expect(() => archivePlace(read({ archive: "s3://photo-archive", region: "ap-guangzhou" }))).toThrow(
      'The region of --archive "s3://photo-archive" is not known; say it with --archive-region, for example --archive-region us-east-1.',
    );
  });

  it.each([
    ["source", sourcePlace, /^--source is missing \(which bucket holds the originals\); say it as --source cos:/],
    ["archive", archivePlace, /^--archive is missing \(where to archive them\)/],
  ])("say what is missing: %s", (_, place, sentence) => {
    expect(() => place(read({}))).toThrow(sentence);
  });

  it("say which region is missing, and how to give it", () => {
    expect(() => sourcePlace(read({ source: "cos://photos-1250000000" }))).toThrow(
      'The region of --source "cos://photos-1250000000" is not known; say it with --region or --source-region, for example --region ap-guangzhou.',
    );
  });
});

describe("a queue's URL", () => {
  it.each([
    ["arn:aws:sqs:us-east-1:123456789012:q", undefined, "https://sqs.us-east-1.amazonaws.com/123456789012/q"],
    [
      "arn:aws-cn:sqs:cn-northwest-1:123456789012:q",
      undefined,
      "https://sqs.cn-northwest-1.amazonaws.com.cn/123456789012/q",
    ],
    [
      "arn:aws-us-gov:sqs:us-gov-west-1:123456789012:q.fifo",
      undefined,
      "https://sqs.us-gov-west-1.amazonaws.com/123456789012/q.fifo",
    ],
    ["arn:aws:sqs:us-east-1:123456789012:q", "http://127.0.0.1:4566", "http://127.0.0.1:4566/123456789012/q"],
    ["arn:aws:sqs:us-east-1:123456789012:q", "", "https://sqs.us-east-1.amazonaws.com/123456789012/q"],
  ])("is made from its ARN %s with endpoint %s", (arn, endpoint, url) => {
    expect(queueUrlOfArn(arn, endpoint)).toBe(url);
  });

  it.each(["", "q", "arn:aws:sns:us-east-1:1:q", "arn:aws:sqs:us-east-1:1", "arn:aws:sqs:us-east-1:1:q:r"])(
    "is not made from %j",
    (arn) => {
      expect(() => queueUrlOfArn(arn)).toThrow(/is not named by an ARN/);
    },
  );

  it("is made from its name and the function's ARN", () => {
    const functionArn = "arn:aws:lambda:us-east-1:123456789012:function:originals";
    expect(queueUrlBesideFunction(functionArn, "q")).toBe("https://sqs.us-east-1.amazonaws.com/123456789012/q");
    expect(() => queueUrlBesideFunction("", "q")).toThrow("give its whole URL, as sqs:https://…");
  });
});
