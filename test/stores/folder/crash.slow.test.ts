/**
 * A process that ends at any step leaves each object as it was or as it was to be, with the sidecar of the one that is there; and what it
 * leaves besides goes when the folder is opened next. Each step of the file system is tried as the last.
 */
import { expect, test } from "vitest";
import { type FileHandle, type Files, machineFiles } from "../../../src/stores/folder/files.ts";
import { createFolderStore } from "../../../src/stores/folder/folder.ts";
import { systemClock } from "../../../src/vocabulary/clock.ts";
import { folderLab, textOf } from "./lab.ts";

/** The machine's files, which end after so many steps: those that come then never answer, as after a kill. */
function endingAfter(steps: number) {
  let taken = 0;
  const handles: FileHandle[] = [];
  const step = <Result>(work: () => Promise<Result>): Promise<Result> =>
    taken++ < steps ? work() : new Promise(() => undefined);
  const ofHandle = (handle: FileHandle): FileHandle =>
    new Proxy(handle, {
      get(target, name) {
        const value: unknown = Reflect.get(target, name, target);
        if (typeof value !== "function") return value;
        const call = value.bind(target) as (...given: unknown[]) => Promise<unknown>;
        return name === "close" ? call : (...given: unknown[]) => step(() => call(...given));
      },
    });
  const files = Object.fromEntries(
    Object.entries(machineFiles).map(([name, call]) => [
      name,
      (...given: unknown[]) =>
        step(async () => {
          const result: unknown = await (call as (...given: unknown[]) => Promise<unknown>)(...given);
          if (name !== "open") return result;
          handles.push(result as FileHandle);
          return ofHandle(result as FileHandle);
        }),
    ]),
  ) as unknown as Files;
  const end = () => Promise.all(handles.map((handle) => handle.close()));
  return { files, taken: () => taken, end };
}

/** Whether it was over before the steps were. */
async function until(work: Promise<unknown>, taken: () => number, steps: number): Promise<boolean> {
  let over = false;
  work.then(
    () => {
      over = true;
    },
    () => {
      over = true;
    },
  );
  while (!over && taken() <= steps) await new Promise((resolve) => setImmediate(resolve));
  // What was begun before the end has its effect.
  for (let n = 0; n < 20; n++) await new Promise((resolve) => setImmediate(resolve));
  return over;
}

const before = { "content-type": "image/png", "x-cos-meta-of": "before" };
const after = { "content-type": "image/jpeg", "x-cos-meta-of": "after" };

const deeds = {
  put: { seeded: false, deed: "put", forbidOverwrite: false },
  "put where nothing may be": { seeded: false, deed: "put", forbidOverwrite: true },
  overwrite: { seeded: true, deed: "put", forbidOverwrite: false },
  copy: { seeded: true, deed: "copy", forbidOverwrite: false },
  upload: { seeded: true, deed: "upload", forbidOverwrite: false },
  delete: { seeded: true, deed: "delete", forbidOverwrite: false },
} as const;

test.each(Object.entries(deeds))("%s, ended after each of its steps", async (_, { seeded, deed, forbidOverwrite }) => {
  for (let steps = 0; ; steps++) {
    const lab = await folderLab();
    const first = lab.open();
    await first.put("from", Buffer.from("after"), { headers: after });
    if (seeded) await first.put("a/b/K", Buffer.from("before"), { headers: before });
    await first.close();

    const { files, taken, end } = endingAfter(steps);
    // Never closed: it is dead.
    const killed = createFolderStore({ folder: lab.folder, clock: systemClock, random: Math.random, files });
    const work = async () => {
      if (deed === "put") await killed.put("a/b/K", Buffer.from("after"), { headers: after, forbidOverwrite });
      if (deed === "delete") await killed.delete("a/b/K");
      if (deed === "copy") await killed.copy("a/b/K", "from");
      if (deed === "upload") {
        const id = await killed.createUpload("a/b/K", { headers: after });
        const parts = [await killed.uploadPart("a/b/K", id, 1, Buffer.from("af"))];
        parts.push(await killed.uploadPart("a/b/K", id, 2, Buffer.from("ter")));
        await killed.completeUpload("a/b/K", id, parts);
      }
    };
    const over = await until(work(), taken, steps);
    await end();

    const next = lab.open();
    const { objects } = await next.list();
    const there = objects.find(({ key }) => key === "a/b/K");
    const what = `${deed} after ${steps} steps`;
    expect(
      objects.map(({ key }) => key),
      what,
    ).toEqual(there === undefined ? ["from"] : ["a/b/K", "from"]);
    if (there !== undefined) {
      const head = await next.head("a/b/K");
      const of = head.headers["x-cos-meta-of"];
      expect(await textOf(next, "a/b/K"), what).toBe(of);
      expect(head.headers, what).toMatchObject(of === "before" ? before : after);
      expect(there, what).toMatchObject({ etag: head.etag, size: head.size, lastModified: head.lastModified });
      if (!seeded || (over && deed !== "delete")) expect(of, what).toBe("after");
    }
    if (over) expect(there !== undefined, what).toBe(deed !== "delete");
    else if (deed !== "delete" && seeded) expect(there, `${what}: neither the old nor the new object`).toBeDefined();

    // The same deed, by who comes next, succeeds; and nothing is left of the one that was killed.
    if (there === undefined || !forbidOverwrite)
      await next.put("a/b/K", Buffer.from("last"), { headers: after, forbidOverwrite });
    await next.delete("a/b/K");
    await next.delete("from");
    expect(await lab.tree(), what).toEqual([]);
    if (over) return;
  }
});
