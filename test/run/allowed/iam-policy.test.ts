import { describe, expect, test } from "vitest";
import { iamPolicy } from "../../../src/run/allowed/iam-policy.ts";
import { needsOfCheck, needsOfProtection, needsOfRun, type PlacesOfRun } from "../../../src/run/allowed/needs-of.ts";
import { defaultLedger } from "../../../src/run/surroundings/open-ledger.ts";

const archive = { store: "s3", bucket: "photo-archive", region: "eu-central-1", prefix: "photos/" } as const;
const source = { bucket: "photos-1250000000", region: "ap-guangzhou", prefix: "" };
const policyOf = (places: Pick<PlacesOfRun, "archive" | "ledger">) => iamPolicy(needsOfRun({ source, ...places }));
const inCos = { bucket: "archive-1250000000", region: "ap-guangzhou", prefix: "photos/" };

describe("a policy of S3", () => {
  test("names what a run sends there, below archive and ledger, and lists their bucket", () => {
    expect(policyOf({ archive, ledger: defaultLedger(archive) })).toEqual({
      Version: "2012-10-17",
      Statement: [
        {
          Effect: "Allow",
          Action: ["s3:PutObject", "s3:GetObject", "s3:AbortMultipartUpload"],
          Resource: ["arn:aws:s3:::photo-archive/photos/*"],
        },
        {
          Effect: "Allow",
          Action: ["s3:GetObject", "s3:PutObject"],
          Resource: ["arn:aws:s3:::photo-archive/photos/.originals/*"],
        },
        { Effect: "Allow", Action: ["s3:ListBucket"], Resource: ["arn:aws:s3:::photo-archive"] },
      ],
    });
  });

  test("says nothing of what is in COS or in a folder", () => {
    const policy = policyOf({ archive, ledger: defaultLedger(inCos) });
    expect(policy?.Statement.flatMap(({ Resource }) => Resource)).toEqual([
      "arn:aws:s3:::photo-archive/photos/*",
      "arn:aws:s3:::photo-archive",
    ]);
    const folder = { store: "file", bucket: "/mnt/archive", region: "local", prefix: "" } as const;
    expect(policyOf({ archive: folder, ledger: inCos })).toBeUndefined();
  });

  test("takes a prefix for what it is, whatever IAM reads into it", () => {
    const wild = { ...archive, prefix: `a*b?c${"$"}{aws:username}/` };
    expect(policyOf({ archive: wild, ledger: inCos })?.Statement[0]?.Resource).toEqual([
      ["arn:aws:s3:::photo-archive/a", "{*}b", "{?}c", "{$}{aws:username}/*"].join("$"),
    ]);
  });

  test.each([
    ["cn-north-1", "aws-cn"],
    ["us-gov-west-1", "aws-us-gov"],
    ["auto", "aws"],
  ])("in %s is of the partition %s", (region, partition) => {
    const there = { ...archive, region };
    expect(policyOf({ archive: there, ledger: there })?.Statement.at(-1)?.Resource).toEqual([
      `arn:${partition}:s3:::photo-archive`,
    ]);
  });

  test("lets nobody delete anything", () => {
    const actions = policyOf({ archive, ledger: archive })?.Statement.flatMap(({ Action }) => Action) ?? [];
    expect(actions.filter((name) => /Delete|\*/.test(name))).toEqual([]);
  });

  test("for a check allows to ask and to list, and for a protection there is none", () => {
    expect(iamPolicy(needsOfCheck({ source, archive }))?.Statement).toEqual([
      { Effect: "Allow", Action: ["s3:GetObject"], Resource: ["arn:aws:s3:::photo-archive/photos/*"] },
      { Effect: "Allow", Action: ["s3:ListBucket"], Resource: ["arn:aws:s3:::photo-archive"] },
    ]);
    expect(iamPolicy(needsOfProtection(source))).toBeUndefined();
  });
});
