/**
 * Catches: an upload in parts that arrived whole and is taken for another's bytes, and paid for again, because a service makes its ETags
 * otherwise than Amazon: R2's of parts are no MD5s, OSS's of the whole is of another formula.
 */
import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { cosErrorOf } from "../../cos/thrown-by.ts";
import { clientOf, id, type Reply } from "./answers.ts";

const md5 = (bytes: string | Buffer) => createHash("md5").update(bytes).digest();
const pieces = ["first", "second"];
const whole = `${md5(Buffer.concat(pieces.map(md5))).toString("hex")}-2`;

const part = (etag: string): Reply => ({ status: 200, headers: { ...id, etag: `"${etag}"` } });
const completed = (etag: string): Reply => ({
  status: 200,
  headers: id,
  body: `<CompleteMultipartUploadResult><ETag>&quot;${etag}&quot;</ETag></CompleteMultipartUploadResult>`,
});

async function uploadTo(...replies: readonly Reply[]) {
  const { client } = await clientOf(...replies);
  const parts = [];
  for (const [n, piece] of pieces.entries()) {
    async function* stream() {
      yield Buffer.from(piece);
    }
    parts.push(await client.uploadPart("k", "id", n + 1, stream(), { contentLength: piece.length }));
  }
  return client.completeUpload("k", "id", parts);
}

const ofAmazon = pieces.map((piece) => part(md5(piece).toString("hex")));
const ofR2 = pieces.map((_, n) => part(`ABwcsNIEIx/3TXD+37wkhu1YIh8AgUg/++I5bsBm9MiQ=${n}`));

test.each([
  ["as Amazon makes it", ofAmazon, whole],
  ["in capitals", ofAmazon, whole.toUpperCase()],
  ["of another formula, where each part was held against its MD5", ofAmazon, "B864DB6A936D376F9F8D3ED3BBE540DD-2"],
  ["of the parts' MD5s, where their own ETags are none", ofR2, whole],
])("the ETag of the whole is believed: %s", async (_, parts, etag) => {
  expect(await uploadTo(...parts, completed(etag))).toMatchObject({ etag });
});

test("an ETag that can be compared with nothing says nothing of what was stored: the archive is asked", async () => {
  const error = await cosErrorOf(uploadTo(...ofR2, completed("b864db6a936d376f9f8d3ed3bbe540dd-2")));
  expect(error).toMatchObject({ code: "BareReply" });
});

test("a part of another MD5 is of other bytes", async () => {
  expect(await cosErrorOf(uploadTo(part("0".repeat(32))))).toMatchObject({ code: "StoredOtherBytes" });
});
