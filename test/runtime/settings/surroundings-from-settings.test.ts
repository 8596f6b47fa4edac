/** Catches: a request to one store that is sent where another one listens, or signed by the keys of another. */
import { describe, expect, onTestFinished, test } from "vitest";
import { readSettings } from "../../../src/config/read.ts";
import { HttpError } from "../../../src/http/port/error.ts";
import type { CreateHttp } from "../../../src/http/port/http.ts";
import type { BucketPlace, Role } from "../../../src/run/surroundings/surroundings.ts";
import { surroundingsFromSettings } from "../../../src/runtime/settings/surroundings-from-settings.ts";
import { systemClock } from "../../../src/vocabulary/clock.ts";
import { silentLog } from "../../../src/vocabulary/log.ts";

const keys = {
  TENCENTCLOUD_SECRETID: "AKIDcos",
  TENCENTCLOUD_SECRETKEY: "key-of-cos",
  AWS_ACCESS_KEY_ID: "AKIAs3",
  AWS_SECRET_ACCESS_KEY: "key-of-s3",
};
const cos: BucketPlace = { bucket: "archive-1250000000", region: "ap-guangzhou" };
const s3: BucketPlace = { store: "s3", bucket: "photo-archive", region: "us-east-1" };

/** Where a request goes, and who signs it. */
async function sentTo(environment: Record<string, string>, role: Role, place: BucketPlace) {
  const sent: { origin: string; authorization: string | undefined }[] = [];
  const createHttp: CreateHttp = () => ({
    send({ origin, authorization }, caller) {
      sent.push({ origin, authorization });
      caller.onError(new HttpError({ code: "ECONNREFUSED", happened: "nobody listens" }));
    },
    close: async () => undefined,
  });
  const all = { ...keys, ...environment };
  const world = { environment: all, clock: systemClock, random: Math.random, log: silentLog, createHttp };
  const surroundings = surroundingsFromSettings(readSettings({ environment: all }), world);
  onTestFinished(() => surroundings.close());
  await surroundings
    .open(role, place)
    .list()
    .catch(() => undefined);
  const [request] = sent;
  return { origin: request?.origin, signer: /AKI[A-Za-z0-9]+/.exec(request?.authorization ?? "")?.[0] };
}

describe("a request", () => {
  const minio = "http://127.0.0.1:9000";
  const tencent = "http://127.0.0.1:9001";
  test.each<[string, Record<string, string>, Role, BucketPlace, string, string]>([
    ["an archive in S3", {}, "archive", s3, "https://photo-archive.s3.us-east-1.amazonaws.com", "AKIAs3"],
    ["that of a service", { ORIGINALS_ARCHIVE_ENDPOINT: minio }, "archive", s3, minio, "AKIAs3"],
    ["as the AWS tools find it", { AWS_ENDPOINT_URL: minio }, "ledger", s3, minio, "AKIAs3"],
    ["S3 itself", { AWS_ENDPOINT_URL: tencent, AWS_ENDPOINT_URL_S3: minio }, "archive", s3, minio, "AKIAs3"],
    [
      "not where COS is",
      { ORIGINALS_ENDPOINT: tencent },
      "archive",
      s3,
      "https://photo-archive.s3.us-east-1.amazonaws.com",
      "AKIAs3",
    ],
    [
      "a ledger in COS beside an archive in S3",
      { ORIGINALS_ARCHIVE: "s3://photo-archive", ORIGINALS_ARCHIVE_ENDPOINT: minio, ORIGINALS_ENDPOINT: tencent },
      "ledger",
      cos,
      tencent,
      "AKIDcos",
    ],
    [
      "an archive in S3 beside a ledger in COS",
      { ORIGINALS_ARCHIVE: "s3://photo-archive", ORIGINALS_ARCHIVE_ENDPOINT: minio },
      "archive",
      s3,
      minio,
      "AKIAs3",
    ],
    [
      "COS",
      { AWS_ENDPOINT_URL: minio },
      "archive",
      cos,
      "https://archive-1250000000.cos.ap-guangzhou.myqcloud.com",
      "AKIDcos",
    ],
  ])("to %s goes there, signed by its keys", async (_, environment, role, place, origin, signer) => {
    expect(await sentTo(environment, role, place)).toEqual({ origin, signer });
  });
});

// What it would catch: archive and ledger in one folder as two stores, each of which warns of its disk, and fsyncs its folders, for itself.
test("archive and ledger of one folder are one store, and of one bucket two with connections of their own", async () => {
  const world = { environment: keys, clock: systemClock, random: Math.random, log: silentLog };
  const { open, close } = surroundingsFromSettings(readSettings({ environment: keys }), world);
  onTestFinished(close);
  const folder: BucketPlace = { store: "file", bucket: "/mnt/archive", region: "local" };
  expect(open("archive", folder)).toBe(open("ledger", folder));
  expect(open("archive", folder)).not.toBe(open("archive", { ...folder, bucket: "/mnt/other" }));
  expect(open("archive", s3)).not.toBe(open("ledger", s3));
});
