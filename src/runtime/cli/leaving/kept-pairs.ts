/** Pairs that wait for their HEADs, in a file of this machine's: there may be millions of them. */
import { once } from "node:events";
import { createReadStream, createWriteStream, type WriteStream } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { finished } from "node:stream/promises";
import { readLines } from "../../../manifest/text-lines.ts";
import type { KeptPairs, Pair } from "../../../run/check/check.ts";
import { quote } from "../../../vocabulary/errors.ts";
import { unwritable } from "../terminal/unwritable.ts";

export interface PairsInFile extends KeptPairs {
  /** Removes the file. */
  dispose(): Promise<void>;
}

interface Opened {
  readonly folder: string;
  readonly path: string;
  readonly stream: WriteStream;
  /** Rejects with UserError `OutUnwritable`. */
  readonly ended: Promise<void>;
}

/** One JSON a line; no file until there is a pair. `add` and `read` throw UserError `OutUnwritable`, such as on a full disk. */
export function keptPairs(): PairsInFile {
  let opened: Opened | undefined;
  return {
    async add(pairs) {
      opened ??= await openFile();
      const { stream, ended } = opened;
      const text = pairs.map((pair) => `${JSON.stringify(pairOf(pair))}\n`).join("");
      if (!stream.write(text)) await Promise.race([once(stream, "drain"), ended]);
    },
    async *read() {
      if (opened === undefined) return;
      opened.stream.end();
      await opened.ended;
      for await (const { lines } of readLines(createReadStream(opened.path, { highWaterMark: 1 << 18 }))) {
        yield lines.filter((line) => line !== "").map((line): Pair => JSON.parse(String(line)));
      }
    },
    async dispose() {
      if (opened === undefined) return;
      opened.stream.destroy();
      await opened.ended.catch(() => undefined);
      await rm(opened.folder, { recursive: true, force: true });
    },
  };
}

async function openFile(): Promise<Opened> {
  const folder = await mkdtemp(join(tmpdir(), "cos-originals-"));
  const path = join(folder, "pairs.jsonl");
  const stream = createWriteStream(path, { mode: 0o600 });
  const ended = finished(stream).catch((thrown: unknown) => {
    throw unwritable(`What LISTs leave open, kept in ${quote(path)} (TMPDIR says where),`, thrown);
  });
  ended.catch(() => undefined);
  return { folder, path, stream, ended };
}

/** Of a listed object no more than is needed. */
function pairOf({ key, archiveKey, source: { size, etag, storageClass } }: Pair): Pair {
  return { key, archiveKey, source: { size, etag, storageClass } };
}
