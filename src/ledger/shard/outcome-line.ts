/**
 * The line of one outcome in a segment. A report reads a million of them for each group, so those that are as they were
 * written, which is all of them, are known by sight; what is otherwise in any way is for the schema to judge.
 */
import * as z from "zod";
import type { Outcome } from "../../vocabulary/outcome.ts";

const count = z.int().min(0);
const text = z.string().optional();
export const outcomeSchema = z.object({
  row: count,
  key: z.string(),
  versionId: text,
  outcome: z.enum(["archived", "skipped", "failed", "pending"]),
  recovered: z.boolean().optional(),
  archiveKey: text,
  expectedSize: count.optional(),
  expectedEtag: text,
  expectedCrc64: text,
  receivedSize: count.optional(),
  receivedEtag: text,
  receivedCrc64: text,
  proof: z.enum(["content-md5", "crc64", "size"]).optional(),
  expectedFrom: z.enum(["row", "head", "get"]).optional(),
  attempts: count,
  // It was once taken from a clock that may be set back: below 0 it says nothing.
  ms: z.number().transform((ms) => Math.max(0, ms)),
  status: count.optional(),
  code: text,
  message: text,
  requestId: text,
  fetchedAt: text,
  plain: z.boolean().optional(),
  restore: z
    .object({ storageClass: z.string(), askedAt: z.iso.datetime(), lookAt: z.iso.datetime(), asked: count })
    .optional(),
});

const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0;

/** What passes here passes the schema, and comes out of it as it is; what does not may pass it all the same. */
export function isOutcome(value: unknown): value is Outcome {
  if (typeof value !== "object" || value === null) return false;
  let required = 0;
  for (const name in value) {
    const field = (value as Record<string, unknown>)[name];
    switch (name) {
      case "row":
      case "attempts":
        if (!isCount(field)) return false;
        required++;
        break;
      case "key":
        if (typeof field !== "string") return false;
        required++;
        break;
      case "outcome":
        if (field !== "archived" && field !== "skipped" && field !== "failed" && field !== "pending") return false;
        required++;
        break;
      case "ms":
        if (!Number.isFinite(field) || (field as number) < 0) return false;
        required++;
        break;
      case "expectedSize":
      case "receivedSize":
      case "status":
        if (!isCount(field)) return false;
        break;
      case "versionId":
      case "archiveKey":
      case "expectedEtag":
      case "expectedCrc64":
      case "receivedEtag":
      case "receivedCrc64":
      case "code":
      case "message":
      case "requestId":
      case "fetchedAt":
        if (typeof field !== "string") return false;
        break;
      case "recovered":
      case "plain":
        if (typeof field !== "boolean") return false;
        break;
      case "proof":
        if (field !== "content-md5" && field !== "crc64" && field !== "size") return false;
        break;
      case "expectedFrom":
        if (field !== "row" && field !== "head" && field !== "get") return false;
        break;
      default:
        return false;
    }
  }
  return required === 5;
}
