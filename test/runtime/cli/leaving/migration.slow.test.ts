/** Leaving the protection, by the commands as they are built: archive, a second pass, check, its certificate, off. */
import { mkdir, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { certificateShape } from "../../../../src/report/certificate.ts";
import { makeImage } from "../../../../src/runtime/cli/demo/images.ts";
import { runCli } from "../built.ts";
import { archive, keys, type Lab, openLab, source } from "../lab.ts";

let lab: Lab;
beforeAll(async () => {
  lab = await openLab();
});
afterAll(() => lab?.close());
beforeEach(() => {
  lab.next();
  lab.emulator.bucket(source).configure({ protect: ["jpg", "png"] });
});

const cli = (...args: readonly string[]) => runCli(lab.built.cli, args, lab.env);
const there = (...args: readonly string[]) => cli(...args, "--archive", lab.place());
const prefix = () => lab.place().slice(`cos://${archive}/`.length);
const file = (name: string) => join(lab.folder, name);
const certificateIn = async (path: string) => certificateShape.parse(JSON.parse(await readFile(path, "utf8")));
const document = ({ stdout }: { readonly stdout: string }) => JSON.parse(stdout);
const archived = async (run: string) =>
  expect(await there("run", "--list", "--run", run, "--json")).toMatchObject({ code: 0 });
const corrupted = (key: string) => {
  const bytes = Buffer.from(lab.emulator.bucket(archive).get(prefix() + key)?.bytes ?? "");
  bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
  lab.emulator.bucket(archive).put(prefix() + key, bytes);
};

describe("the migration", () => {
  test("goes from an archive and a second pass by a check to its certificate, and the protection is off", async () => {
    await archived("first");
    // While it goes on, and after the first pass.
    lab.emulator.bucket(source).put("late.png", makeImage("png", 16, 77));
    const early = await there("check", "--certificate", file("check.json"), "--json");
    expect(early).toMatchObject({ code: 7 });
    expect(document(early)).toMatchObject({ agreed: false, missing: 1, same: keys.length });
    const tooSoon = await cli("protection", "off", "--certificate", file("check.json"), "--json");
    expect(tooSoon.code).toBe(2);
    expect(document(tooSoon)).toMatchObject({ error: { code: "CheckDisagreed" } });

    await archived("second");
    const checked = await there("check", "--certificate", file("check.json"), "--json");
    expect(checked, checked.stderr).toMatchObject({ code: 0 });
    expect(document(checked)).toMatchObject({ agreed: true, objects: keys.length + 1, same: keys.length + 1 });
    expect(await certificateIn(file("check.json"))).toMatchObject({ by: "check", agreed: true, missing: 0 });
    expect(await readFile(file("check.html"), "utf8")).toContain("Agreed");

    expect(document(await cli("protection", "status", "--json"))).toMatchObject({ status: "on" });
    const off = await cli("protection", "off", "--certificate", file("check.json"), "--json");
    expect(off, off.stderr).toMatchObject({ code: 0 });
    expect(document(off)).toEqual({
      schema: "cos-originals/protection@1",
      bucket: `cos://${source}`,
      was: "on",
      status: "off",
      by: "check",
    });
    expect(lab.emulator.bucket(source).settings.protect).toEqual([]);
    lab.emulator.bucket(source).delete("late.png");
  });

  test("ends no protection without a check, nor by one that is older than an original", async () => {
    await archived("first");
    const refused = await cli("protection", "off");
    expect(refused).toMatchObject({
      code: 2,
      stderr: expect.stringContaining(`"the originals of ${source} are not archived"`),
    });
    expect((await there("check", "--certificate", file("old.json"))).code).toBe(0);
    lab.emulator.bucket(source).put("newer.png", makeImage("png", 16, 78));
    const outdated = await cli("protection", "off", "--certificate", file("old.json"), "--json");
    expect(outdated.code).toBe(2);
    expect(document(outdated)).toMatchObject({
      error: { code: "CheckOutdated", message: expect.stringContaining("newer.png") },
    });
    const none = await lab.file("none.json", "{}");
    expect(document(await cli("protection", "off", "--certificate", none, "--json"))).toMatchObject({
      error: { code: "InvalidCertificate" },
    });
    expect((await cli("protection", "off", "--unchecked", "yes")).code).toBe(2);
    expect(lab.emulator.bucket(source).settings.protect).not.toEqual([]);

    const words = `the originals of ${source} are not archived`;
    expect((await cli("protection", "off", "--unchecked", words)).code).toBe(0);
    expect(lab.emulator.bucket(source).settings.protect).toEqual([]);
    expect((await cli("protection", "on", "--suffixes", "jpg,PNG")).code).toBe(0);
    expect([...lab.emulator.bucket(source).settings.protect].sort()).toEqual(["jpg", "png"]);
    lab.emulator.bucket(source).delete("newer.png");
  });

  test.each([
    [["protection", "away"], '"away" is nothing'],
    [["protection", "on", "--certificate", "x.json"], "--certificate says nothing with on"],
    [["protection", "on", "--suffixes", "jpg,tiff"], '"tiff"'],
  ])("refuses %j", async (args, says) => {
    expect(await cli(...args)).toMatchObject({ code: 2, stderr: expect.stringContaining(says) });
  });
});

describe("a corrupted copy", () => {
  test("is found by a check, whose manifest repairs it, and by verify", async () => {
    await archived("sound");
    corrupted(keys[1] as string);
    lab.emulator.bucket(archive).delete(prefix() + keys[2]);
    const out = file("repair.csv");
    const checked = await there("check", "--out", out, "--json");
    expect(checked, checked.stderr).toMatchObject({ code: 7 });
    expect(document(checked)).toMatchObject({ same: keys.length - 2, missing: 1, differs: 1, open: 1 });
    expect(checked.stderr).toContain("1 object open");
    expect((await there("verify", "sound", "--certificate", file("verify.json"))).code).toBe(7);
    expect(await certificateIn(file("verify.json"))).toMatchObject({
      by: "verify",
      agreed: false,
      missing: 1,
      differs: 1,
    });

    expect(await there("run", "--manifest", out, "--run", "repair", "--json")).toMatchObject({ code: 0 });
    expect((await there("check")).code).toBe(0);
    expect((await there("verify", "sound", "--deep", "--certificate", file("deep.json"))).code).toBe(0);
    expect(await certificateIn(file("deep.json"))).toMatchObject({ deep: true, agreed: true, same: keys.length });
  });

  test("that the archive itself does not know of is found by reading it anew", async () => {
    await archived("rotten");
    expect((await there("verify", "rotten", "--deep")).code).toBe(0);
    lab.emulator.faults.use(({ operation, key }) =>
      operation === "object.get" && key === prefix() + keys[0] ? { kind: "flip", offset: -1 } : undefined,
    );
    expect((await there("check")).code).toBe(0);
    expect((await there("verify", "rotten")).code).toBe(0);
    const deep = await there("verify", "rotten", "--deep", "--json");
    expect(deep, deep.stderr).toMatchObject({ code: 7 });
    expect(document(deep)).toMatchObject({ deep: true, checksum: 1, same: keys.length - 1 });
    expect(document(deep).differences).toMatchObject([{ kind: "checksum", key: keys[0] }]);
  });
});

describe("a check", () => {
  test("of a folder is one of any archive, and asks by HEAD where a person put a file there", async () => {
    await mkdir(file("disk"));
    const folder = ["--archive", `file://${file("disk")}`];
    const ran = await cli("run", "--list", "--run", "disk", ...folder);
    expect(ran.code, ran.stderr).toBe(0);
    expect((await cli("check", ...folder)).code).toBe(0);
    const other = Buffer.alloc(lab.original(keys[0] as string)?.length ?? 0, "x");
    await lab.file(`disk/${keys[0]}`, other);
    const found = await cli("check", ...folder, "--json");
    expect(found, found.stderr).toMatchObject({ code: 7 });
    expect(document(found)).toMatchObject({ open: 1, differs: 1, same: keys.length - 1 });
  });

  test("that is dry lists both, sends no HEAD, and says what they would cost", async () => {
    await archived("dry");
    corrupted(keys[0] as string);
    lab.emulator.resetRequests();
    const dry = await there("check", "--dry-run", "--certificate", file("dry.json"), "--json");
    expect(dry, dry.stderr).toMatchObject({ code: 0 });
    expect(document(dry)).toMatchObject({ agreed: null, open: 1, cost: { source: 1, archive: 1 } });
    expect(lab.emulator.requests()["object.head"] ?? 0).toBe(0);
    await expect(readFile(file("dry.json"))).rejects.toMatchObject({ code: "ENOENT" });
  });

  test("passes over what the archive alone holds where that is said", async () => {
    await archived("extra");
    lab.emulator.bucket(archive).put(`${prefix()}gone from the source.png`, Buffer.from("x"));
    const both = await there("check");
    expect(both).toMatchObject({ code: 7, stdout: expect.stringContaining("--one-way") });
    const extra = file("extra.csv");
    const one = await there("check", "--one-way", "--extra", extra);
    expect(one).toMatchObject({ code: 0, stdout: expect.not.stringContaining("more") });
    expect(await readFile(extra, "utf8")).toBe(
      `Key,Details,ArchivedAs\ngone from the source.png,it is not in the source,${prefix()}gone from the source.png\n`,
    );
    await mkdir(file("brought"));
    const restored = ["restore", "--to", `file://${file("brought")}`, "--manifest", extra, "--run", "back"];
    const back = await there(...restored);
    expect(back.code, back.stderr).toBe(0);
    expect(await readdir(file("brought"))).toContain("gone from the source.png");
  });

  test("needs archive keys in the order of the source's", async () => {
    const { code, stderr } = await there("check", "--archive-key", "{stem}{ext}");
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining("can't be compared") });
  });

  test("leaves no certificate of before where it does not come to its end", async () => {
    await archived("whole");
    const path = file("whole.json");
    expect((await there("check", "--certificate", path)).code).toBe(0);
    lab.emulator.faults.use(({ operation }) =>
      operation === "bucket.list" ? { kind: "error", status: 403, code: "AccessDenied" } : undefined,
    );
    expect((await there("check", "--certificate", path)).code).toBe(6);
    expect(await readFile(path, "utf8")).toBe("");
  });
});
