/** The archive refused bytes by their MD5: whether it was right, and what that says of the bucket's ETags. */
import { crc64Digest, crc64Start, crc64Update } from "../../checksum/crc64.ts";
import type { HeldBody, ObjectInfo } from "../../objects/bucket.ts";
import { digestOverruled, judgeDigest } from "./from-archive.ts";
import type { Knowledge } from "./knowledge.ts";
import type { RowWork } from "./step-result.ts";

/** CRC64 of a held body, unsigned decimal. */
export function checksumOf(body: HeldBody): string {
  const state = crc64Start();
  for (const piece of Buffer.isBuffer(body) ? [body] : body) crc64Update(state, piece);
  return crc64Digest(state);
}

/** Goes on with the CRC64 where the archive was wrong, or may have been; undefined where it was right. */
export function overrule(knowledge: Knowledge, reply: ObjectInfo, { context, rules }: RowWork): Knowledge | undefined {
  const { body } = knowledge;
  const judged = judgeDigest(knowledge, reply, body?.kind === "held" ? checksumOf(body.bytes) : undefined, rules);
  if (judged === "wrong") return undefined;
  if (judged === "encrypted") context.md5Trust.encrypted();
  if (judged === "false-alarm") context.md5Trust.falseAlarm();
  return digestOverruled(knowledge, rules);
}
