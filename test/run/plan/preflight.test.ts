/** What is told before a fetch is paid for. Catches: an archive that refuses each object, found out one paid row after the other. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import type { RunRequest } from "../../../src/ledger/plan/request.ts";
import { runOptionsSchema } from "../../../src/ledger/plan/run-options.ts";
import type { Bucket } from "../../../src/objects/bucket.ts";
import type { Place } from "../../../src/run/messages/messages.ts";
import { preflight } from "../../../src/run/plan/preflight.ts";
import type { Surroundings } from "../../../src/run/surroundings/surroundings.ts";
import { type Files, machineFiles } from "../../../src/stores/folder/files.ts";
import { createFolderStore } from "../../../src/stores/folder/folder.ts";
import { systemClock } from "../../../src/vocabulary/clock.ts";
import { silentLog } from "../../../src/vocabulary/log.ts";
import { refusal } from "../../stores/bucket-fault.ts";
import { createMemoryBucket } from "../../stores/memory-bucket.ts";
import { anonymousWorker } from "../anonymous-worker.ts";

async function archivedTo(errno: string | undefined): Promise<unknown> {
  const folder = await mkdtemp(join(tmpdir(), "preflight-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const files: Files = {
    ...machineFiles,
    mkdir: ((path: string) =>
      errno === undefined
        ? machineFiles.mkdir(path)
        : Promise.reject(Object.assign(new Error(`${errno}: made up`), { code: errno }))) as Files["mkdir"],
  };
  const archive = createFolderStore({ folder, clock: systemClock, random: Math.random, files });
  const thrown = await preflightOf(archive, { store: "file", bucket: folder, region: "local", prefix: "" });
  await archive.close();
  return thrown;
}

/** What is thrown, before anything is fetched. */
async function preflightOf(archive: Bucket, place: Place): Promise<unknown> {
  const source = createMemoryBucket({ clock: systemClock });
  const request: RunRequest = {
    schema: "cos-originals/request@1",
    tool: "test",
    askedAt: "2026-01-15T12:00:00.000Z",
    run: "r",
    source: { bucket: source.name, region: source.region, prefix: "" },
    archive: place,
    rows: { kind: "inline", digest: "", keys: [] },
    options: runOptionsSchema.parse({}),
  };
  const surroundings: Surroundings = {
    clock: systemClock,
    random: Math.random,
    log: silentLog,
    open: (role) => (role === "source" ? source : archive),
    settings: { concurrency: 1 },
    worker: anonymousWorker,
  };
  return preflight(request, surroundings).then(
    () => undefined,
    (error: unknown) => error,
  );
}

test.each([
  ["EROFS", "FolderReadOnly", /^The archive can't be written: .*mount it for writing$/],
  ["EACCES", "AccessDenied", /^The archive can't be written: .*this user may not; give it the folder/],
  ["ENOSPC", "DiskFull", /^The archive can't be written: .*the disk is full/],
])("a folder that says %s is told as %s, in one sentence", async (errno, code, says) => {
  expect(await archivedTo(errno)).toMatchObject({ name: "RefusedError", code, message: expect.stringMatching(says) });
});

test("a folder that may be written is not in the way", async () => {
  expect(await archivedTo(undefined)).toBeUndefined();
});

test.each([
  [403, "SecondLevelDomainForbidden"],
  [400, "AuthorizationHeaderMalformed"],
])("what says %i %s of the place is not told as refused credentials", async (status, code) => {
  const archive: Bucket = {
    ...createMemoryBucket({ clock: systemClock }),
    address: "s3://photo-archive",
    list: () => Promise.reject(refusal(code, { status })),
  };
  const place: Place = { store: "s3", bucket: "photo-archive", region: "us-east-1", prefix: "" };
  expect(await preflightOf(archive, place)).toMatchObject({ name: "BucketError", code });
});

test("a bucket of S3 that is not there is asked for by what people can set of one", async () => {
  const archive: Bucket = {
    ...createMemoryBucket({ clock: systemClock }),
    address: "s3://photo-archive",
    list: () => Promise.reject(refusal("NoSuchBucket", { status: 404 })),
  };
  const place: Place = { store: "s3", bucket: "photo-archive", region: "us-east-1", prefix: "" };
  expect(await preflightOf(archive, place)).toMatchObject({
    code: "NoSuchBucket",
    message: expect.stringContaining("check its name, its region and --archive-endpoint"),
  });
});
