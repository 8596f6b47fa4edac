/** One task between two buckets in memory, on a fake clock. */
import { expect } from "vitest";
import { createMd5Trust } from "../../../src/archive/proof/md5-trust.ts";
import { createPace } from "../../../src/archive/shard/pace/pace.ts";
import { archiveTask, type TaskEnd } from "../../../src/archive/task/archive-task.ts";
import type { Task, TaskContext } from "../../../src/archive/task/task.ts";
import { isNeverProtected } from "../../../src/cos/origin-protect.ts";
import { type RunOptions, runOptionsSchema } from "../../../src/ledger/plan/run-options.ts";
import type { PlannedRow } from "../../../src/ledger/plan/shard-rows.ts";
import { noRequests } from "../../../src/ledger/shard/segment.ts";
import type { Outcome } from "../../../src/vocabulary/outcome.ts";
import type { RequestType } from "../../stores/bucket-fault.ts";
import { fakeClock, runUntilDone } from "../../stores/fake-clock.ts";
import { createMemoryBucket, type MemoryBucket } from "../../stores/memory-bucket.ts";
import { digestsOf } from "../../stores/memory-objects.ts";

export const run = "run-1";
export const key = "photos/a.jpg";
export const archiveKey = `archive/${key}`;
/** A body of this size is held whole; one byte more streams. */
export const heldSize = 1024 * 1024;

/** Bytes without a period that a shifted or repeated chunk could match. */
export function bytesOf(size: number, seed = 1): Buffer {
  const bytes = Buffer.alloc(size);
  let state = seed * 2_654_435_761;
  for (let at = 0; at < size; at++) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) | 0;
    bytes[at] = state >>> 16;
  }
  return bytes;
}
/** The same for all tests: making and hashing them costs more than anything else here. */
export const small = bytesOf(1000);
export const large = bytesOf(heldSize + 4097);
export const rowOf = (bytes: Buffer): PlannedRow => ({ key, size: bytes.length, ...digestsOf(bytes) });

export function lab(given: Partial<RunOptions> = {}, more: Partial<TaskContext> = {}) {
  const clock = fakeClock();
  const source = createMemoryBucket({ clock, name: "photos-1250000000", chunkBytes: 64 * 1024 });
  const archive = createMemoryBucket({ clock, name: "archive-1250000000" });
  const random = () => 0.5;
  const requests = noRequests();
  const pace = createPace({ concurrency: 8, clock, random });
  let retries = 0;
  const context: TaskContext = {
    run,
    options: runOptionsSchema.parse(given),
    source,
    archive,
    clock,
    random,
    pace,
    md5Trust: createMd5Trust(),
    metadataTrust: { asks: () => false, learn() {} },
    requests,
    retried: () => {
      retries++;
    },
    mayWait: () => true,
    ...more,
  };
  /** Works one row to the end of its task; what was counted must be what the buckets saw. */
  async function end(planned: PlannedRow = { key }, task: Partial<Task> = {}): Promise<TaskEnd> {
    const whole: Task = { row: 0, planned, archiveKey, charged: 0, unsure: false, ...task };
    const ended = await runUntilDone(clock, archiveTask(whole, context));
    expect(requests, "requests counted").toMatchObject({
      "source.get": source.count("original"),
      "source.plain": source.count("get"),
      "source.head": source.count("head"),
      "archive.head": archive.count("head"),
      "source.restore": source.count("restore"),
      "archive.copy": archive.count("copy"),
      "archive.put": sum(archive, "put", "create-upload", "upload-part", "complete-upload", "abort-upload"),
    });
    if (context.options.fromArchive === undefined && !isNeverProtected(planned.key)) {
      expect(source.count("get"), "plain GETs of what can be protected are refused by the service").toBe(0);
    }
    return ended;
  }
  return {
    clock,
    source,
    archive,
    context,
    pace,
    requests,
    retries: () => retries,
    end,
    async outcome(planned?: PlannedRow, task?: Partial<Task>): Promise<Outcome> {
      const ended = await end(planned, task);
      expect(ended.kind).not.toBe("halt");
      return ended.outcome;
    },
    /** GETs of the original, HEADs of the source, PUTs, HEADs of the archive. */
    asked: () => [source.count("original"), source.count("head"), archive.count("put"), archive.count("head")],
  };
}

const sum = (bucket: MemoryBucket, ...types: RequestType[]) =>
  types.reduce((total, type) => total + bucket.count(type), 0);

/** The archive holds exactly these bytes under the task's key. */
export function expectArchived(archive: MemoryBucket, bytes: Buffer, under = archiveKey): void {
  expect(archive.object(under)?.bytes.equals(bytes), `the archive holds the bytes under ${under}`).toBe(true);
}
