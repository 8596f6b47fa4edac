/** An archive in a folder: a new one for each lap, and what lies in it compared with what the store served. */
import { createHash } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { isBucketError } from "../../src/objects/error.ts";
import type { Place } from "../../src/run/messages/messages.ts";
import type { Surroundings } from "../../src/run/surroundings/surroundings.ts";
import { type Facts, keyOf, type SizeLabel, sizes } from "./bodies.ts";
import type { Stored } from "./copier.ts";

export interface FolderArchive {
  /** Removes the last lap's. */
  renew(): Place;
  check(objects: number): Promise<Stored>;
}

/** Beside the bundles, which lie on the checkout's disk and are removed at the end: /tmp may be memory, which writes nothing to a disk. */
export function createFolderArchive(
  label: SizeLabel,
  facts: readonly Facts[],
  { open }: Pick<Surroundings, "open">,
): FolderArchive {
  const beside = dirname(fileURLToPath(import.meta.url));
  let place: Place | undefined;
  return {
    renew() {
      if (place !== undefined) rmSync(place.bucket, { recursive: true, force: true });
      place = { store: "file", bucket: mkdtempSync(join(beside, "archive-")), region: "local", prefix: "" };
      return place;
    },
    async check(objects) {
      if (place === undefined) throw new Error("nothing was archived");
      const folder = open("archive", place);
      const counts = { right: 0, wrong: 0, puts: 0 };
      for (let index = 0; index < objects; index++) {
        const reply = await folder.get(keyOf(label, index), { bufferUpTo: sizes[label] }).catch((error: unknown) => {
          if (isBucketError(error) && error.code === "NoSuchKey") return undefined;
          throw error;
        });
        if (reply === undefined) continue;
        counts.puts++;
        const md5 = createHash("md5");
        if (reply.kind === "bytes") md5.update(reply.bytes);
        else for await (const chunk of reply.stream) md5.update(chunk);
        if (md5.digest("hex") === facts[index % facts.length]?.etag) counts.right++;
        else counts.wrong++;
      }
      return counts;
    },
  };
}
