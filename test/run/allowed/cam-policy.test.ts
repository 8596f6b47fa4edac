import { describe, expect, test } from "vitest";
import { type CamPolicy, camPolicy } from "../../../src/run/allowed/cam-policy.ts";
import {
  needsOfCheck,
  needsOfDoctor,
  needsOfProbe,
  needsOfProtection,
  needsOfRestore,
  needsOfRun,
} from "../../../src/run/allowed/needs-of.ts";
import { defaultLedger } from "../../../src/run/surroundings/open-ledger.ts";

const region = "ap-guangzhou";
const source = { bucket: "photos-1250000000", region, prefix: "2026/" };
const archive = { bucket: "archive-1259999999", region: "ap-singapore", prefix: "photos/" };
const needs = { source, archive, ledger: defaultLedger(archive) };

const allowed = ({ statement }: CamPolicy, action: string) =>
  statement.filter((each) => each.action.includes(`name/cos:${action}`)).flatMap(({ resource }) => resource);

describe("a policy", () => {
  const photos = "qcs::cos:ap-guangzhou:uid/1250000000:photos-1250000000";
  const archived = "qcs::cos:ap-singapore:uid/1259999999:archive-1259999999";

  test("names bucket, region, APPID and prefix, each by its own", () => {
    const policy = camPolicy(needsOfRun(needs));
    expect(allowed(policy, "GetObject")).toEqual([`${photos}/2026/*`, `${archived}/photos/.originals/*`]);
    expect(allowed(policy, "PutObject")).toEqual([`${archived}/photos/*`, `${archived}/photos/.originals/*`]);
  });

  test("with a history allows to read the archive, and to write what is kept", () => {
    const policy = camPolicy(needsOfRun({ ...needs, history: "history/" }));
    expect(allowed(policy, "GetObject")).toContain(`${archived}/photos/*`);
    expect(allowed(policy, "PutObject")).toContain(`${archived}/history/*`);
    expect(allowed(policy, "HeadObject")).not.toContain(`${archived}/history/*`);
  });

  test("says nothing of what is not in COS", () => {
    const s3 = { store: "s3", bucket: "photo-archive", region: "us-east-1", prefix: "" } as const;
    const policy = camPolicy(needsOfRun({ source, archive: s3, ledger: defaultLedger(s3) }));
    expect(policy.statement.flatMap(({ resource }) => resource)).toEqual([`${photos}/2026/*`, `${photos}/*`]);
  });

  test("lets nobody write to the source, and nobody delete anything", () => {
    const { statement } = camPolicy(needsOfRun(needs));
    for (const { action, resource } of statement) {
      expect(action.filter((name) => /Delete|\*/.test(name))).toEqual([]);
      if (action.some((name) => /Put|Upload/.test(name))) expect(resource.join()).not.toContain("photos-1250000000");
    }
  });

  test("allows to list each bucket, so that a key which is not there is no refusal", () => {
    const both = [`${photos}/*`, `${archived}/*`];
    expect(allowed(camPolicy(needsOfRun(needs)), "GetBucket")).toEqual(both);
    const ledger = { bucket: "ledger-1250000000", region, prefix: "" };
    const its = "qcs::cos:ap-guangzhou:uid/1250000000:ledger-1250000000/*";
    expect(allowed(camPolicy(needsOfRun({ ...needs, ledger })), "GetBucket")).toEqual([...both, its]);
  });

  test.each([
    [false, `${photos}/lists/keys.csv`],
    [true, `${photos}/*`],
  ])("of a manifest in a bucket allows to read it, of an inventory its files too: %s", (isInventory, expected) => {
    const manifest = { bucket: "photos-1250000000", region, key: "lists/keys.csv", isInventory };
    expect(allowed(camPolicy(needsOfRun({ ...needs, manifest })), "HeadObject")).toContain(expected);
  });

  test("for a check allows to ask and to list, and to read nothing", () => {
    expect(camPolicy(needsOfCheck(needs)).statement).toEqual([
      { effect: "allow", action: ["name/cos:HeadObject"], resource: [`${photos}/2026/*`] },
      { effect: "allow", action: ["name/cos:HeadObject"], resource: [`${archived}/photos/*`] },
      { effect: "allow", action: ["name/cos:GetBucket"], resource: [`${photos}/*`, `${archived}/*`] },
    ]);
  });

  test("for a protection is of Cloud Infinite, and lists the source", () => {
    const settings = "qcs::ci:ap-guangzhou:uid/1250000000:bucket/photos-1250000000/*";
    expect(camPolicy(needsOfProtection(source)).statement).toEqual([
      {
        effect: "allow",
        action: ["name/ci:DescribeOriginProtect", "name/ci:SetOriginProtect"],
        resource: [settings],
      },
      { effect: "allow", action: ["name/cos:GetBucket"], resource: [`${photos}/*`] },
    ]);
  });

  test("for a restore reads the archive, and its history or its versions as of a time, and writes nothing there", () => {
    const to = { bucket: "back-1250000000", region, prefix: "" };
    const asked = { archive, to, ledger: { ...source, prefix: "ledger/" } };
    const actions = (more: object) => camPolicy(needsOfRestore({ ...asked, asOfTime: true, ...more }));
    const now = actions({ asOfTime: false, history: "history/" });
    expect(allowed(now, "GetObject")).not.toContain(`${archived}/history/*`);
    const byHistory = actions({ history: "history/" });
    expect(allowed(byHistory, "GetObject")).toContain(`${archived}/history/*`);
    expect(allowed(byHistory, "GetBucketObjectVersions")).toEqual([]);
    const byVersions = actions({});
    expect(allowed(byVersions, "GetBucketObjectVersions")).toEqual([`${archived}/*`]);
    for (const policy of [now, byHistory, byVersions])
      expect(allowed(policy, "PutObject").join()).not.toContain("archive-");
  });

  test("for a doctor uploads nothing in parts, and changes no setting", () => {
    const actions = camPolicy(needsOfDoctor(needs)).statement.flatMap(({ action }) => action);
    expect(actions.filter((name) => /Multipart|UploadPart|:Set/.test(name))).toEqual([]);
    expect(actions).toContain("name/ci:DescribeOriginProtect");
  });

  // A doctor's copy that may be made and not deleted would stay there.
  test("for a probe allows deleting where a copy is made, and nowhere else", () => {
    const policy = camPolicy(needsOfProbe(needs));
    const below = `${archived}/photos/.originals/probe/*`;
    for (const name of ["PutObject", "DeleteObject"]) expect(allowed(policy, name)).toEqual([below]);
    expect(policy.statement.flatMap(({ action }) => action)).toContain("name/ci:DescribeCIBuckets");
  });
});
