/** What makes the demo a proof: what must be refused is, the run ended as prepared, and every byte is the one uploaded. */

import { createHash } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import pLimit from "p-limit";
import type { BucketClient } from "../../../cos/client.ts";
import { reportFiles } from "../../../ledger/report/files.ts";
import type { LedgerStore } from "../../../ledger/store.ts";
import { isBucketError } from "../../../objects/error.ts";
import type { Summary } from "../../../report/summary.ts";
import { quote } from "../../../vocabulary/errors.ts";
import { frozenKey, missingKey, rowCount } from "./bucket.ts";

export interface Digest {
  readonly size: number;
  readonly sha256: string;
}

/** The protection is really on: the same image is refused in every way but the one. */
export async function showRefusals(
  source: BucketClient,
  anonymous: BucketClient,
  tell: (line: string) => void,
): Promise<void> {
  const key = "plain.png";
  const attempts = [
    { what: "anonymous GET", get: () => anonymous.get(key) },
    { what: "signed GET without ci-process", get: () => source.get(key) },
    { what: "unsigned GET with ci-process=originImage", get: () => anonymous.get(key, { originImage: true }) },
  ];
  for (const { what, get } of attempts) {
    try {
      await get();
    } catch (error) {
      if (!isBucketError(error) || error.status !== 403) throw error;
      const number = error.errNo === undefined ? "" : `, X-ErrNo ${error.errNo}`;
      tell(`  ${what} of ${quote(key)}: refused (${error.status} ${error.code}${number}).`);
      continue;
    }
    throw new Error(`the ${what} of ${quote(key)} was not refused, though the bucket is protected`);
  }
}

/** The report as files that can be opened. */
export async function copyReport(ledger: LedgerStore, folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const { name, read } of await reportFiles(ledger)) {
    const bytes = await read();
    if (bytes !== undefined) await writeFile(join(folder, name), bytes);
  }
}

/** Anything but 498 archived, and the two failures that were prepared. */
export function unexpected(summary: Summary): readonly string[] {
  const sentences: string[] = [];
  const expect = (what: string, found: unknown, wanted: unknown) => {
    if (JSON.stringify(found) === JSON.stringify(wanted)) return;
    sentences.push(`the demo's run has ${what} ${JSON.stringify(found)}, and ${JSON.stringify(wanted)} was expected.`);
  };
  expect("the state", summary.state, "complete");
  expect("rows", summary.rows, rowCount);
  expect("archived", summary.archived, rowCount - 2);
  expect("skipped", summary.skipped, 0);
  expect("failed", summary.failed, 2);
  const failures = (summary.failures ?? []).map(({ code, keys }) => [code, ...keys]).sort();
  expect("the failures", failures, [
    ["InvalidObjectState", frozenKey],
    ["NoSuchKey", missingKey],
  ]);
  return sentences;
}

/** Reads every archived image back: the bytes must be those that were uploaded. */
export async function differences(
  archive: BucketClient,
  digests: ReadonlyMap<string, Digest>,
): Promise<readonly string[]> {
  const sentences: string[] = [];
  await pLimit(16).map(digests, async ([key, digest]) => {
    if (key === frozenKey) return;
    try {
      const bytes = await bytesOf(archive, `photos/${key}`);
      if (sha256(bytes) !== digest.sha256)
        sentences.push(`the archived ${quote(key)} is not the image that was uploaded.`);
    } catch (error) {
      if (!isBucketError(error)) throw error;
      sentences.push(`the archived ${quote(key)} can't be read: ${error.message}`);
    }
  });
  return sentences;
}

export async function bytesOf(bucket: BucketClient, key: string): Promise<Buffer> {
  const reply = await bucket.get(key, { bufferUpTo: Number.MAX_SAFE_INTEGER });
  if (reply.kind === "bytes") return reply.bytes;
  const chunks: Buffer[] = [];
  for await (const chunk of reply.stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

export function sha256(bytes: Buffer): string {
  return createHash("sha256").update(bytes).digest("hex");
}
