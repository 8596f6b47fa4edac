/** A folder as a bucket: what only a folder can get wrong. What it shares with all stores is in the suite of stores. */
import { link, mkdir, readFile, rename, stat, symlink, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { setTimeout as soon } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { crc64 } from "../../../src/checksum/crc64.ts";
import { compareKeys } from "../../../src/objects/key-order.ts";
import { faultOf } from "../../../src/stores/folder/fault.ts";
import { networkFileSystem } from "../../../src/stores/folder/file-system.ts";
import { type Files, machineFiles } from "../../../src/stores/folder/files.ts";
import { readMounts } from "../../../src/stores/folder/mounts.ts";
import { quick } from "../../setup/quick.ts";
import { digestsOf } from "../memory-objects.ts";
import { folderLab, keysOf, statfsOf, textOf } from "./lab.ts";

const codeOf = async (work: Promise<unknown>): Promise<string> => {
  try {
    await work;
    return "none";
  } catch (thrown) {
    return (thrown as { code: string }).code;
  }
};

const hostile = [
  "../x",
  "a/../../x",
  "/x",
  "//",
  "a/",
  "a//b",
  "CON",
  "nul.txt",
  "a.",
  "a ",
  "A",
  "a",
  "a/b",
  "A/b",
  "é.jpg",
  "e\u0301.jpg",
  "É.jpg",
  '<>:"|?*\\.jpg',
  "\0\n\x7f",
  "%41.jpg",
  "a^7.jpg",
  "^store/about/a",
  "😀.jpg",
  "\uffee.jpg",
  "k".repeat(1024),
  `${"Ü".repeat(150)}/${"写".repeat(200)}.jpg`,
  "/".repeat(60),
];

describe("hostile keys", () => {
  test.skipIf(quick)("lie where the encoding says, within the folder, and come back by the same keys", async () => {
    const lab = await folderLab();
    const store = lab.open();
    for (const key of hostile) await store.put(key, Buffer.from(`of ${key}`));
    expect(await keysOf(store, { maxKeys: 4 })).toEqual([...hostile].sort(compareKeys));
    for (const key of hostile) expect(await textOf(store, key), key).toBe(`of ${key}`);
    const tree = (await lab.tree()).filter((path) => path.length < 100 && !path.startsWith("%_/%_/%_/"));
    expect(tree).toMatchInlineSnapshot(`
      [
        "%00%0A%7F^x",
        "%2541.jpg",
        "%3C%3E%3A%22%7C%3F%2A%5C.jpg",
        "%43ON^x3",
        "%5Estore",
        "%5Estore/about",
        "%5Estore/about/a^x",
        "%6Eul.txt",
        "%EF%BF%AE.jpg",
        "%_",
        "%_/%_",
        "%_/%_/%_",
        "%_/%_/%_^x",
        "%_/x^x",
        ".%2E",
        ".%2E/x^x",
        "A^1",
        "A^1/b^x",
        "A^x1",
        "a",
        "a%20^x",
        "a%2E^x",
        "a%5E7.jpg",
        "a/%_",
        "a/%_/b^x",
        "a/%_^x",
        "a/.%2E",
        "a/.%2E/.%2E",
        "a/.%2E/.%2E/x^x",
        "a/b^x",
        "a^x",
        "É^1.jpg",
        "é.jpg",
        "é^z.jpg",
        "😀.jpg",
      ]
    `);
    for (const key of hostile) await store.delete(key);
    expect(await lab.tree()).toEqual([]);
  });

  test("that no folder can hold are refused, each by its code", async () => {
    const store = (await folderLab()).open();
    for (const [key, code] of [
      ["", "InvalidObjectName"],
      ["\ud800", "InvalidObjectName"],
      ["k".repeat(1025), "KeyTooLong"],
    ] as const) {
      expect(await codeOf(store.put(key, Buffer.alloc(0)))).toBe(code);
      expect(await codeOf(store.head(key))).toBe(code);
    }
  });
});

describe("a listing", () => {
  test.skipIf(quick)("shows what was written a moment ago, by whichever process, in large folders too", async () => {
    const lab = await folderLab();
    const [one, other] = [lab.open(), lab.open()];
    await one.put("d/0000.jpg", Buffer.from("x"));
    const names = Array.from({ length: 1_500 }, (_, n) => `${String(n).padStart(4, "0")}.jpg`);
    await Promise.all(names.map((name) => writeFile(join(lab.folder, "d", name), "x")));
    const past = new Date(Date.now() - 60_000);
    await utimes(join(lab.folder, "d"), past, past);
    expect((await keysOf(other, { prefix: "d/" })).length).toBe(1_500);
    await one.put("d/0000x.jpg", Buffer.from("x"));
    expect((await other.list({ prefix: "d/", maxKeys: 2 })).objects.map(({ key }) => key)).toEqual([
      "d/0000.jpg",
      "d/0000x.jpg",
    ]);
    await one.delete("d/0000x.jpg");
    expect((await keysOf(other, { prefix: "d/" })).length).toBe(1_500);
  });

  test("leaves out what is no object: links, other people's names, folders without objects", async () => {
    const lab = await folderLab();
    const store = lab.open();
    await store.put("a/x.jpg", Buffer.from("x"));
    await mkdir(join(lab.folder, "empty/deep"), { recursive: true });
    await writeFile(join(lab.folder, "Capital.jpg"), "no key has this name");
    await symlink("/etc/hostname", join(lab.folder, "link.jpg"));
    await symlink("/etc", join(lab.folder, "linked"));
    expect(await keysOf(store)).toEqual(["a/x.jpg"]);
    expect((await store.list({ delimiter: "/" })).prefixes).toEqual(["a/"]);
    expect((await store.list({ prefix: "none/of/it/" })).objects).toEqual([]);
  });
});

describe("a file that a person put there or edited", () => {
  test("is listed without an ETag, and told whole by a HEAD, which reads it once", async () => {
    const lab = await folderLab();
    const store = lab.open();
    await store.put("a.jpg", Buffer.from("ours"), { headers: { "content-type": "image/jpeg" } });
    await writeFile(join(lab.folder, "a.jpg"), "edited");
    await writeFile(join(lab.folder, "b.jpg"), "dropped");
    const listed = (await store.list()).objects;
    expect(listed.map(({ key, size, etag }) => [key, size, etag])).toEqual([
      ["a.jpg", 6, ""],
      ["b.jpg", 7, ""],
    ]);
    for (const [key, bytes] of [
      ["a.jpg", "edited"],
      ["b.jpg", "dropped"],
    ] as const) {
      const { headers, ...head } = await store.head(key);
      expect(head).toMatchObject({ size: bytes.length, ...digestsOf(Buffer.from(bytes)) });
      expect(headers["content-type"]).toBe("application/octet-stream");
    }
    expect((await store.list()).objects.map(({ etag }) => etag)).toEqual([
      digestsOf(Buffer.from("edited")).etag,
      digestsOf(Buffer.from("dropped")).etag,
    ]);
  });

  test("keeps what is known of it where it is moved with its folder and its times", async () => {
    const lab = await folderLab();
    const store = lab.open();
    const put = await store.put("A/b", Buffer.from("x"), { headers: { "x-cos-meta-a": "我" } });
    const elsewhere = await folderLab();
    await rename(join(lab.folder, "^store"), join(elsewhere.folder, "^store"));
    await rename(join(lab.folder, "A^1"), join(elsewhere.folder, "A^1"));
    const head = await elsewhere.open().head("A/b");
    expect(head).toMatchObject({ etag: put.etag, crc64: crc64(Buffer.from("x")) });
    expect(head.headers["x-cos-meta-a"]).toBe("我");
  });
});

describe("nothing outside the folder", () => {
  test("is read, written or removed through a link that lies in it", async () => {
    const lab = await folderLab();
    const outside = await folderLab();
    await writeFile(join(outside.folder, "x.jpg"), "outside");
    const store = lab.open();
    await symlink(outside.folder, join(lab.folder, "d"));
    for (const work of [
      () => store.get("d/x.jpg"),
      () => store.head("d/x.jpg"),
      () => store.put("d/x.jpg", Buffer.from("in")),
      () => store.put("d/e/x.jpg", Buffer.from("in")),
      () => store.put("d/e/f/g/x.jpg", Buffer.from("in")),
      () => store.delete("d/x.jpg"),
      () => store.list({ prefix: "d/" }),
      () => store.copy("y.jpg", "d/x.jpg"),
    ]) {
      expect(await codeOf(work())).toBe("FolderObstructed");
    }
    expect([await outside.tree(), await readFile(join(outside.folder, "x.jpg"), "utf8")]).toEqual([
      ["x.jpg"],
      "outside",
    ]);
  });

  test("a link in the object's own place is no object, and gives way to one", async () => {
    const lab = await folderLab();
    const outside = await folderLab();
    await writeFile(join(outside.folder, "x"), "outside");
    await symlink(join(outside.folder, "x"), join(lab.folder, "a.jpg"));
    const store = lab.open();
    expect(await codeOf(store.get("a.jpg"))).toBe("NoSuchKey");
    expect(await codeOf(store.head("a.jpg"))).toBe("NoSuchKey");
    await store.put("a.jpg", Buffer.from("in"));
    expect(await textOf(store, "a.jpg")).toBe("in");
    expect(await readFile(join(outside.folder, "x"), "utf8")).toBe("outside");
  });

  test("the folder itself may be named by a link, and one that is not there is not made", async () => {
    const lab = await folderLab();
    const named = join((await folderLab()).folder, "named");
    await symlink(lab.folder, named);
    const store = lab.open({ folder: named });
    await store.put("a.jpg", Buffer.from("x"));
    expect(await lab.tree()).toEqual(["a.jpg"]);
    const absent = lab.open({ folder: join(lab.folder, "unmounted") });
    for (const work of [() => absent.put("a.jpg", Buffer.from("x")), () => absent.list(), () => absent.head("a.jpg")]) {
      expect(await codeOf(work())).toBe("NoSuchBucket");
    }
    expect(await lab.tree()).toEqual(["a.jpg"]);
  });
});

test("a disk that is not mounted any more is told, and nothing is written in its place", async () => {
  const lab = await folderLab();
  const mounted = join(lab.folder, "disk");
  await mkdir(mounted);
  const store = lab.open({ folder: mounted });
  await store.put("a.jpg", Buffer.from("x"));
  await rename(mounted, `${mounted} elsewhere`);
  for (const below of ["nothing", "the empty folder that it was mounted on"]) {
    if (below !== "nothing") await mkdir(mounted);
    for (const work of [
      () => store.list(),
      () => store.list({ prefix: "d/" }),
      () => store.head("a.jpg"),
      () => store.get("a.jpg"),
      () => store.put("b.jpg", Buffer.from("x")),
      () => store.put("d/b.jpg", Buffer.from("x")),
    ]) {
      expect(await codeOf(work()), below).toBe("NoSuchBucket");
    }
  }
  expect((await lab.tree()).filter((path) => path.startsWith("disk/"))).toEqual([]);
});

// What it would catch: the folders of an object whose bytes were under way were made on the disk beneath, and next time taken for the archive.
test("nor of what was on its way while the disk went", async () => {
  const lab = await folderLab();
  const mounted = join(lab.folder, "disk");
  await mkdir(mounted);
  const store = lab.open({ folder: mounted });
  await store.put("a.jpg", Buffer.from("x"));
  async function* body() {
    yield Buffer.from("x");
    await rename(mounted, `${mounted} elsewhere`);
    await mkdir(mounted);
  }
  expect(await codeOf(store.put("d/e/b.jpg", body(), { contentLength: 1 }))).toBe("NoSuchBucket");
  expect((await lab.tree()).filter((path) => path.startsWith("disk/"))).toEqual([]);
});

describe("a disk that was not mounted when a run began", () => {
  const mountinfo = "27 1 254:0 / / rw - ext4 /dev/vda rw";
  const telling = (fstab: string, mounts: string): Files => ({
    ...machineFiles,
    readFile: ((path: string, ...more: []) =>
      path === "/etc/fstab"
        ? Promise.resolve(fstab)
        : path === "/proc/self/mountinfo"
          ? Promise.resolve(mounts)
          : machineFiles.readFile(path, ...more)) as Files["readFile"],
  });

  test("is known by /etc/fstab, and nothing is written in its place", async () => {
    const lab = await folderLab();
    const named = lab.folder.replaceAll("-", "\\055");
    const fstab = `# a comment /\nUUID=1 / ext4 defaults\nUUID=2\t${named}/ ext4 noauto 0 2\nUUID=3 none swap sw\n`;
    const unmounted = lab.open({ files: telling(fstab, mountinfo) });
    for (const work of [unmounted.list(), unmounted.put("a.jpg", Buffer.from("x"))]) {
      await expect(work).rejects.toMatchObject({ code: "NoSuchBucket", message: expect.stringMatching(/fstab/) });
    }
    expect([await lab.tree(), await lab.kept()]).toEqual([[], []]);
    // Systemd stands there until somebody looks.
    const automatic = `${mountinfo}\n28 27 0:30 / ${lab.folder} rw - autofs systemd-1 rw`;
    expect(await codeOf(lab.open({ files: telling(fstab, automatic) }).list())).toBe("NoSuchBucket");
    const mounted = `${automatic}\n29 28 8:1 / ${lab.folder} rw - ext4 /dev/sdb1 rw`;
    expect(await codeOf(lab.open({ files: telling(fstab, mounted) }).list())).toBe("none");
    expect(await codeOf(lab.open({ files: telling("UUID=2 /mnt/other ext4", mountinfo) }).list())).toBe("none");
    // Other systems tell of no mounts.
    expect(await codeOf(lab.open({ files: telling(fstab, "") }).list())).toBe("none");
  });

  test("may be what lies behind a folder that holds nothing, which is said once", async () => {
    const lab = await folderLab();
    const told: string[] = [];
    const log = { info: () => undefined, warn: (message: string) => told.push(message), error: () => undefined };
    const files: Files = { ...telling("", mountinfo), statfs: statfsOf({}) };
    await lab.open({ log, files }).put("a.jpg", Buffer.from("x"));
    await lab.open({ log, files }).put("b.jpg", Buffer.from("x"));
    expect(told).toEqual([expect.stringMatching(/^The folder holds nothing yet, .*mount it\.$/)]);
    const itself = telling("", `${mountinfo}\n29 27 8:1 / ${lab.folder} rw - ext4 /dev/sdb1 rw`);
    const lacks = (await lab.open({ files: { ...itself, statfs: statfsOf({}) } }).disk?.({ tries: false }))?.lacks;
    expect(lacks).toEqual([expect.stringMatching(/^is itself where a disk is mounted/)]);
  });
});

// What it would catch: a fetch is paid for, and only then is it said that its object can be put nowhere.
describe("what is in the way of an object", () => {
  test("is said by a HEAD already, with its path", async () => {
    const lab = await folderLab();
    const elsewhere = await folderLab();
    await writeFile(join(lab.folder, "file"), "a person's");
    await mkdir(join(lab.folder, "folder.jpg"));
    await symlink(elsewhere.folder, join(lab.folder, "link"));
    await mkdir(join(lab.folder, "mount/deep"), { recursive: true });
    const at = join(lab.folder, "mount");
    const mounts = `27 1 254:0 / / rw - ext4 /dev/vda rw\n28 27 8:2 / ${at} rw - ext4 /dev/sdb rw`;
    const files: Files = {
      ...machineFiles,
      readFile: ((path: string, ...more: []) =>
        path === "/proc/self/mountinfo" ? Promise.resolve(mounts) : machineFiles.readFile(path, ...more)) as never,
    };
    const store = lab.open({ files });
    for (const [key, path] of [
      ["file/a.jpg", "file"],
      ["file/deeper/a.jpg", "file"],
      ["folder.jpg", "folder.jpg"],
      ["link/a.jpg", "link"],
      ["link/not/there/a.jpg", "link"],
      ["mount/a.jpg", "mount"],
      ["mount/deep/a.jpg", "mount"],
      ["mount/not/there/a.jpg", "mount"],
    ] as const) {
      const thrown = await store.head(key).catch((error: Error) => error);
      expect(thrown, key).toMatchObject({ code: "FolderObstructed" });
      expect((thrown as Error).message, key).toContain(join(lab.folder, path));
    }
    for (const key of ["a.jpg", "new/a.jpg", "new/er/a.jpg"]) expect(await codeOf(store.head(key))).toBe("NoSuchKey");
  });

  test("is named by what a file system refuses, too", () => {
    for (const [code, path] of [
      ["EACCES", "/mnt/a/private"],
      ["ENOTDIR", "/mnt/a/file"],
    ]) {
      const thrown = Object.assign(new Error(`${code}: made up`), { code, path });
      expect((faultOf(thrown, "PUT") as Error).message).toMatch(new RegExp(`^PUT: ${code}, of ${path}: `));
    }
    const full = Object.assign(new Error("ENOSPC: made up"), { code: "ENOSPC", path: "/mnt/a/^store/tmp/1" });
    expect((faultOf(full, "PUT") as Error).message).not.toContain("/mnt/a");
  });
});

describe("several at once", () => {
  test.skipIf(quick)(
    "of many that write one key under forbid-overwrite one succeeds, and its bytes and headers are there",
    async () => {
      const lab = await folderLab();
      const stores = [lab.open(), lab.open(), lab.open()];
      for (let round = 0; round < 10; round++) {
        const key = `runs/${round}/run.json`;
        const writers = Array.from({ length: 12 }, (_, n) => ({ n, store: stores[n % 3] as (typeof stores)[0] }));
        const ended = await Promise.all(
          writers.map(({ n, store }) =>
            store
              .put(key, Buffer.from(`by ${n}`), { forbidOverwrite: true, headers: { "x-cos-meta-by": String(n) } })
              .then(
                () => n,
                (thrown: { code: string }) => thrown.code,
              ),
          ),
        );
        const [winner, ...more] = ended.filter((each) => typeof each === "number");
        expect(more).toEqual([]);
        expect(ended.filter((each) => each === "FileAlreadyExists").length).toBe(11);
        const got = await stores[1]?.get(key);
        expect([got?.bytes?.toString(), got?.headers["x-cos-meta-by"]]).toEqual([`by ${winner}`, String(winner)]);
        expect((await stores[2]?.list({ prefix: `runs/${round}/` }))?.objects[0]?.etag).toBe(got?.etag);
      }
    },
  );

  test.skipIf(quick)(
    "readers see one whole version with its own headers while others overwrite, copy and delete",
    async () => {
      const lab = await folderLab();
      const [one, other, reader] = [lab.open(), lab.open(), lab.open()];
      let writing = true;
      const write = async (store: typeof one, by: string) => {
        for (let n = 0; n < 60; n++) {
          const bytes = Buffer.from(`${by}${n} `.repeat(1 + (n % 7)));
          await store.put("deep/down/k.jpg", bytes, { headers: { "x-cos-meta-md5": digestsOf(bytes).etag } });
          if (n % 5 === 4) await store.delete("deep/down/k.jpg");
        }
      };
      const read = async () => {
        let reads = 0;
        while (writing || reads === 0) {
          try {
            const got = await reader.get("deep/down/k.jpg", { bufferUpTo: 0 });
            const bytes = Buffer.from(got.stream === undefined ? got.bytes : await text(got.stream));
            expect(got).toMatchObject({ size: bytes.length, ...digestsOf(bytes) });
            expect(got.headers["x-cos-meta-md5"]).toBe(got.etag);
            const [listed] = (await reader.list({ prefix: "deep/" })).objects;
            if (listed !== undefined) expect(listed.etag).not.toBe("");
          } catch (thrown) {
            expect(thrown).toMatchObject({ code: "NoSuchKey" });
          }
          reads++;
        }
        return reads;
      };
      const [reads] = await Promise.all([
        read(),
        Promise.all([write(one, "a"), write(other, "b")]).finally(() => {
          writing = false;
        }),
      ]);
      expect(reads).toBeGreaterThan(0);
      await one.delete("deep/down/k.jpg");
      expect(await lab.tree()).toEqual([]);
    },
  );

  test("two objects of one time and length in one place each keep what is known of them", async () => {
    const lab = await folderLab();
    const still: Files = { ...machineFiles };
    const store = lab.open({ files: still });
    await store.put("k.jpg", Buffer.from("one"), { headers: { "x-cos-meta-n": "1" } });
    const { mtimeNs } = await stat(join(lab.folder, "k.jpg"), { bigint: true });
    // A sidecar of this very time and length, of a writer that was killed before its object was there.
    const seconds = Number(mtimeNs) / 1e9 + 100;
    await store.put("other.jpg", Buffer.from("two"));
    await utimes(join(lab.folder, "other.jpg"), seconds, seconds);
    const about = join(lab.folder, "^store/about");
    const taken = (await stat(join(lab.folder, "other.jpg"), { bigint: true })).mtimeNs;
    await writeFile(join(about, `new.jpg^w${taken.toString(36)}-3`), "torn");
    const opened: Files = {
      ...machineFiles,
      async open(path, flags, mode) {
        const handle = await machineFiles.open(path, flags, mode);
        if (!String(path).includes("/tmp/") || flags !== "wx") return handle;
        const write = handle.write.bind(handle) as (...given: unknown[]) => Promise<unknown>;
        return Object.assign(handle, {
          async write(...given: unknown[]) {
            const written = await write(...given);
            await handle.utimes(seconds, seconds);
            return written;
          },
        });
      },
    };
    const late = lab.open({ files: opened });
    await late.put("new.jpg", Buffer.from("two"), { headers: { "x-cos-meta-n": "2" } });
    const head = await store.head("new.jpg");
    expect(head.headers["x-cos-meta-n"]).toBe("2");
    expect((await stat(join(lab.folder, "new.jpg"), { bigint: true })).mtimeNs).toBeGreaterThan(taken);
  });
});

describe("what was left behind", () => {
  test("by processes that have ended goes when the folder is opened, and what the living write stays", async () => {
    const lab = await folderLab();
    const living = lab.open();
    await living.put("a.jpg", Buffer.from("x"));
    const [own] = (await lab.kept()).filter((path) => path.startsWith("^store/tmp/"));
    const [machine] = (own ?? "").replace("^store/tmp/", "").split("-");
    const tmp = join(lab.folder, "^store/tmp");
    const leave = async (name: string, age: number) => {
      await mkdir(join(tmp, name));
      await writeFile(join(tmp, name, "0"), "half");
      const then = new Date(Date.now() - age);
      await utimes(join(tmp, name, "0"), then, then);
      await utimes(join(tmp, name), then, then);
    };
    await leave(`${machine}-4194999-1-dead`, 0);
    await leave(`${machine}-${process.pid}-1-reused`, 0);
    await leave("0123456789ab-1-1-elsewhere", 3_600_000);
    await leave("0123456789ab-1-1-longago", 25 * 3_600_000);
    const uploads = join(lab.folder, "^store/uploads");
    await mkdir(join(uploads, "old"));
    const weeks = new Date(Date.now() - 8 * 24 * 3_600_000);
    await utimes(join(uploads, "old"), weeks, weeks);
    const current = await living.createUpload("b.jpg");
    await lab.open().put("b.jpg", Buffer.from("x"));
    const left = (await lab.kept()).filter((path) => /^\^store\/(tmp|uploads)\/[^/]+$/.test(path));
    expect(left).toContain(own);
    expect(left).toContain("^store/tmp/0123456789ab-1-1-elsewhere");
    expect(left.filter((path) => /dead|reused|longago|old/.test(path))).toEqual([]);
    expect(left).toContain(`^store/uploads/${current}`);
  });

  test("by itself is nothing: refused and broken bodies, and all of its own once it is closed", async () => {
    const lab = await folderLab();
    const store = lab.open();
    async function* broken() {
      yield Buffer.from("half");
      throw new RangeError("the source broke");
    }
    await expect(store.put("a.jpg", broken(), { contentLength: 8 })).rejects.toThrow(RangeError);
    expect(await codeOf(store.put("a.jpg", Buffer.from("x"), { contentMd5: "AAAAAAAAAAAAAAAAAAAAAA==" }))).toBe(
      "BadDigest",
    );
    const given = new AbortController();
    async function* slow() {
      yield Buffer.from("half");
      given.abort();
      yield Buffer.from("half");
    }
    expect(await codeOf(store.put("a.jpg", slow(), { contentLength: 8, signal: given.signal }))).toBe("RequestAborted");
    expect((await lab.kept()).filter((path) => /^\^store\/(tmp\/.*\/|about\/)/.test(path))).toEqual([]);
    await store.close();
    expect((await lab.kept()).filter((path) => path.startsWith("^store/tmp/"))).toEqual([]);
    expect(await codeOf(store.head("a.jpg"))).toBe("ClientClosed");
  });
});

describe("a file system that fails", () => {
  const failing = (call: keyof Files, errno: string, when: (path: string) => boolean): Files => ({
    ...machineFiles,
    [call]: (path: string, ...more: unknown[]) => {
      if (when(String(path))) return Promise.reject(Object.assign(new Error(`${errno}: made up`), { code: errno }));
      return (machineFiles[call] as (...given: unknown[]) => unknown)(path, ...more);
    },
  });
  const inTmp = (path: string) => path.includes("/tmp/") && path.includes("^store");
  const cases = [
    ["open", "ENOSPC", "DiskFull"],
    ["open", "EDQUOT", "DiskFull"],
    ["open", "EACCES", "AccessDenied"],
    ["open", "EROFS", "FolderReadOnly"],
    ["open", "EMFILE", "ServiceUnavailable"],
    ["open", "EIO", "DiskFailed"],
    ["rename", "ENAMETOOLONG", "KeyTooLong"],
    ["rename", "EXDEV", "FolderObstructed"],
    ["rename", "EISDIR", "FolderObstructed"],
  ] as const;
  test.each(cases)("%s says %s: %s, in one sentence", async (call, errno, code) => {
    const lab = await folderLab();
    await lab.open().put("before.jpg", Buffer.from("x"));
    let armed = false;
    const store = lab.open({ files: failing(call, errno, (path) => armed && inTmp(path)) });
    await store.put("ready.jpg", Buffer.from("x"));
    armed = true;
    const thrown = await store.put("a.jpg", Buffer.from("x")).then(
      () => undefined,
      (error: Error) => error,
    );
    expect(thrown).toMatchObject({ code, name: "BucketError" });
    expect(thrown?.message).toMatch(/^PUT "a\.jpg" of file:\/\/\S+: E[A-Z]+, [^\n]+[^.]$/);
    expect(await keysOf(store)).toEqual(["before.jpg", "ready.jpg"]);
    expect((await lab.kept()).filter((path) => path.includes("a.jpg^w"))).toEqual([]);
  });

  // What it would catch: on a full disk, an empty sidecar of each object that did not come to be, which nobody removes.
  test("while a sidecar is written leaves none", async () => {
    const lab = await folderLab();
    const full = Object.assign(new Error("ENOSPC: made up"), { code: "ENOSPC" });
    const files: Files = {
      ...machineFiles,
      async open(path, flags, mode) {
        const handle = await machineFiles.open(path, flags, mode);
        const isSidecar = String(path).includes("/about/") && flags === "wx";
        return isSidecar ? Object.assign(handle, { writeFile: () => Promise.reject(full) }) : handle;
      },
    };
    expect(await codeOf(lab.open({ files }).put("a.jpg", Buffer.from("x")))).toBe("DiskFull");
    expect((await lab.kept()).filter((path) => path.includes("a.jpg"))).toEqual([]);
  });

  test("and one that makes no links forbids overwriting by looking first, and says so", async () => {
    const lab = await folderLab();
    await writeFile(join(lab.folder, "before.jpg"), "x");
    const told: string[] = [];
    const log = { info: () => undefined, warn: (message: string) => told.push(message), error: () => undefined };
    const store = lab.open({ files: { ...failing("link", "EPERM", () => true), statfs: statfsOf({}) }, log });
    await store.put("a.jpg", Buffer.from("x"), { forbidOverwrite: true });
    expect(await codeOf(store.put("a.jpg", Buffer.from("y"), { forbidOverwrite: true }))).toBe("FileAlreadyExists");
    expect(told).toEqual([expect.stringMatching(/^The folder is in a file system that makes no links, .*twice\.$/)]);
    expect(await store.disk?.({ tries: true })).toMatchObject({ lacks: [expect.stringMatching(/no links/)] });
  });

  // What it would catch: "a fault in the program" where a quota was used up, or a disk says that its structure needs cleaning (117).
  test.skipIf(process.platform !== "linux").each([
    [122, "DiskFull", /^PUT: EDQUOT, the quota/],
    [117, "DiskFailed", /^PUT: E117, the file system failed/],
    [116, "DiskFailed", /^PUT: ESTALE, the file system failed/],
  ])("by a number that Node has no name for (%i) is %s", (number, code, message) => {
    const says = `Unknown system error -${number}`;
    const thrown = Object.assign(new Error(says), { code: says, errno: -number, syscall: "open", path: "/mnt/a" });
    expect(faultOf(thrown, "PUT")).toMatchObject({ code, message: expect.stringMatching(message) });
  });

  test("what is no error of the system stays as it is", () => {
    const thrown = new RangeError("a fault of the program");
    expect(faultOf(thrown, "PUT")).toBe(thrown);
  });
});

describe("a network file system", () => {
  const mounts = [
    "27 1 254:0 / / rw,relatime - ext4 /dev/vda rw",
    "40 27 0:50 / /mnt/usb rw - fuseblk /dev/sdb1 rw",
    "41 27 0:51 / /mnt/far rw - fuse.sshfs host:/x rw",
    "42 27 0:52 / /mnt/my\\040disk rw - fuse.rclone x rw",
  ].join("\n");
  const mounted = readMounts(mounts);
  test.each([
    [0xef53, "/srv", undefined],
    [0x9123683e, "/srv", undefined],
    [0x01021994, "/srv", undefined],
    [0x6969, "/srv", "NFS"],
    [-11317950, "/srv", "CIFS"],
    [0x01021997, "/srv", "9P"],
    [0x65735546, "/mnt/usb/photos", undefined],
    [0x65735546, "/mnt/far", "fuse.sshfs"],
    [0x65735546, "/mnt/my disk/a", "fuse.rclone"],
    [0x65735546, "/mnt/usbx", "ext4"],
  ] as const)("%i at %s is %s", (type, path, name) => {
    expect(networkFileSystem({ type, mounts: mounted, path }, "linux")).toBe(name);
    expect(networkFileSystem({ type, mounts: mounted, path }, "darwin")).toBeUndefined();
  });

  test("is refused in one sentence before anything is written there", async () => {
    const lab = await folderLab();
    const store = lab.open({ files: { ...machineFiles, statfs: statfsOf({ type: 0x6969 }) } });
    await expect(store.list()).rejects.toMatchObject({
      name: "UserError",
      code: "NetworkFolder",
      message: expect.stringMatching(/NFS/),
    });
    await expect(store.put("a.jpg", Buffer.from("x"))).rejects.toMatchObject({ code: "NetworkFolder" });
    expect([await lab.tree(), await lab.kept()]).toEqual([[], []]);
  });
});

test("a person's second name of a file (a hard link) is not touched by what is written later", async () => {
  const lab = await folderLab();
  const store = lab.open();
  await store.put("a.jpg", Buffer.from("first"));
  await link(join(lab.folder, "a.jpg"), join(lab.folder, "mine.txt"));
  await soon(2);
  await store.put("a.jpg", Buffer.from("second"));
  await store.copy("b.jpg", "a.jpg");
  await writeFile(join(lab.folder, "b.jpg"), "edited");
  expect([await textOf(store, "a.jpg"), await readFile(join(lab.folder, "mine.txt"), "utf8")]).toEqual([
    "second",
    "first",
  ]);
});
