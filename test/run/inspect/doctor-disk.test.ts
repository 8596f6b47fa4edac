/** What doctor says of an archive and a ledger in a folder, whose file system may lack what a run rests on. */
import { expect, test } from "vitest";
import { examine } from "../../../src/run/inspect/doctor.ts";
import type { Finding } from "../../../src/run/inspect/doctor-findings.ts";
import { lackOfRoom } from "../../../src/run/places/room.ts";
import { type Files, machineFiles } from "../../../src/stores/folder/files.ts";
import type { FolderStore } from "../../../src/stores/folder/folder.ts";
import { systemClock } from "../../../src/vocabulary/clock.ts";
import { folderLab, statfsOf } from "../../stores/folder/lab.ts";
import { createMemoryBucket } from "../../stores/memory-bucket.ts";

async function findings(archive: FolderStore, ledger = archive): Promise<readonly Finding[]> {
  const clock = systemClock;
  const source = {
    ...createMemoryBucket({ clock, name: "photos-1250000000" }),
    getOriginProtect: async () => true,
    putOriginProtect: async () => undefined,
    getSmartCompression: async () => ({ auto: false, suffixes: [] }),
  };
  const found: Finding[] = [];
  const place = ({ name, region }: { readonly name: string; readonly region: string }, prefix = "") => ({
    bucket: name,
    region,
    prefix,
  });
  const patient = {
    source: place(source),
    archive: { ...place(archive), store: "file" as const },
    ledger: { ...place(ledger, ".originals/"), store: "file" as const },
    open: ((role: string) => (role === "source" ? source : role === "archive" ? archive : ledger)) as never,
    clock,
    random: Math.random,
  };
  for await (const each of examine(patient)) found.push(each);
  return found.filter(({ check }) => ["archive", "ledger", "disk"].includes(check));
}

const open = async (files: Partial<Files>) =>
  (await folderLab()).open({ files: { ...machineFiles, statfs: statfsOf({}), ...files } });
const noLinks = (async () => {
  throw Object.assign(new Error("EPERM"), { code: "EPERM" });
}) as Files["link"];

test("one finding for a disk that lacks nothing, with what is free on it, though both lie there", async () => {
  const found = await findings(await open({}));
  expect(found.map(({ check, verdict }) => [check, verdict])).toEqual([
    ["disk", "good"],
    ["archive", "good"],
    ["ledger", "good"],
  ]);
  expect(found[0]?.says).toMatch(/^file:\/\/\S+ is on a disk of this machine that has 381 GiB free$/);
});

test("a finding for each thing that it lacks, in the words of a run that begins there", async () => {
  const found = await findings(await open({ link: noLinks, statfs: statfsOf({ bavail: 1_000 }) }));
  expect(found.map(({ check, verdict }) => [check, verdict])).toEqual([
    ["disk", "warning"],
    ["disk", "warning"],
    ["archive", "good"],
    ["ledger", "good"],
  ]);
  expect(found[0]?.says).toMatch(/makes no links, so overwriting is forbidden by looking first/);
  expect(found[1]?.says).toMatch(/with 3 MiB left/);
});

test("a network file system is bad, and nothing more is asked of it; another folder is", async () => {
  const far = await open({ statfs: statfsOf({ type: 0x6969 }) });
  const both = await findings(far);
  expect(both).toEqual([
    { check: "disk", verdict: "bad", says: expect.stringMatching(/is on a network file system \(NFS\).*store$/) },
  ]);
  const one = await findings(far, await open({}));
  expect(one.map(({ check, verdict }) => [check, verdict])).toEqual([
    ["disk", "bad"],
    ["disk", "good"],
    ["ledger", "good"],
  ]);
});

test("a plan that brings more than a disk has room for is told so", async () => {
  const store = await open({ statfs: statfsOf({ bavail: 1_000 }) });
  expect(await lackOfRoom(store, 4_096_000)).toBeUndefined();
  expect(await lackOfRoom(store, 4_096_001)).toMatch(
    /^The disk of file:\S+ has 3\.9 MiB free, and the run brings 3\.9 MiB: make room, or archive elsewhere\.$/,
  );
  expect(await lackOfRoom(store, null)).toBeUndefined();
  const bucket = createMemoryBucket({ clock: systemClock, name: "archive-1250000000" });
  expect(await lackOfRoom(bucket, 1e15)).toBeUndefined();
});
