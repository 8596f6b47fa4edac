/** docs/stores.md says what each store offers, as the suite finds it: what stands in its table is run, and what is lacking has to fail. */
import { expect, test } from "vitest";
import { operations } from "./conformance.ts";
import { type Subject, subjects } from "./subjects.ts";

const all: readonly Subject[] = Object.values(subjects);

function document(): string {
  const rows = Object.keys(operations).map((operation) => {
    const cells = all.map(({ lacks }) => (lacks.some((each) => each === operation) ? "–" : "yes"));
    return `| ${operation.replaceAll("*", "\\*")} | ${cells.join(" | ")} |`;
  });
  return `${before}
| | ${all.map(({ title }) => title).join(" | ")} |
|---|${all.map(() => "---|").join("")}
${rows.join("\n")}

${all.map(({ title, what }) => `- **${title}**: ${what}.`).join("\n")}
${after}`;
}

const before = `# Stores: where an archive and a ledger may lie

Originals are in COS. What is made of them, the archive, and the ledger, may lie in any of these:

| address | region | what is dialled | credentials |
|---|---|---|---|
| \`cos://BUCKET-APPID[/PREFIX]\` | \`--archive-region\`, else \`--region\` | \`--archive-endpoint\`, else \`--endpoint\`, else COS | \`ORIGINALS_ARCHIVE_*\`, else \`TENCENTCLOUD_*\` |
| \`s3://BUCKET[/PREFIX]\` | \`--archive-region\` alone | \`--archive-endpoint\`, else \`AWS_ENDPOINT_URL_S3\`, \`AWS_ENDPOINT_URL\`, else AWS | \`AWS_ACCESS_KEY_ID\`, \`AWS_SECRET_ACCESS_KEY\`, \`AWS_SESSION_TOKEN\`, or [those of the AWS tools](credentials.md#which-go-first) |
| \`file:///FOLDER\` | none | a disk of this machine: [folder.md](folder.md) | none |

## What each offers

One suite of tests, [conformance.ts](../test/stores/conformance.ts), is run on each store, and on servers of S3's protocol that were written
elsewhere. Where there is a dash, the operation has to fail there for the tests to pass.
`;

const after = `
On buckets of your own the suite is run by \`npx vitest run test/stores/real.slow.test.ts\`, with what stands at the beginning of
[that file](../test/stores/real.slow.test.ts) in the environment. It has not met the real services yet.

## What rests on it

- **A ledger** rests on listings that show what was written before them, and on PUTs that may forbid overwriting. COS has both (the second
  not in a bucket that ever kept versions), and so has a folder. Of services that speak S3's protocol most have; so as a run begins in a ledger there, its
  request is listed (\`LedgerUnlisted\`, and nothing is begun) and put once more with \`If-None-Match: *\`. Where that is passed over or
  refused, a warning says so: no outcome is lost for it, but two that begin one run at the same moment do some of it twice. \`doctor\` looks for
  the same where the ledger holds something already. \`--if-exists keep\` and \`fail\` need it too: there such a row fails (\`NotImplemented\`).
  Listings are in the order of UTF-8, and a page begins behind a key (\`start-after\`): a service that lists otherwise, as Storj does, is refused
  (\`UnorderedListing\`). Directory buckets (S3 Express One Zone) have no order, and are refused by their names.
  One that lists late now and then: the marker of a shard tells how many of its rows are over, so a report, \`redrive\`, \`verify\` and
  \`events --replay\` list a shard that lacks some again, until two minutes after it ended; where it lacks them still, they say so and end with 5
  (\`LedgerIncomplete\`). Of shards that were stopped before they were over nothing tells how many outcomes to expect: what is listed counts.
- **Proofs** are the same everywhere: \`content-md5\` where the ETag of the original is an MD5, else \`crc64\`, before the last byte is sent. COS then
  tells the CRC64 of what it stored; S3 tells an ETag, which is held against the MD5 of what was sent, computed in passing, part by part
  in uploads above 5 GB (\`StoredOtherBytes\` where it differs). S3's own CRC64NVME is of another polynomial than COS's, and says nothing that
  the MD5 does not. Under \`aws:kms\` the ETag is no MD5: then what streamed without a Content-MD5 is held by its length alone after it was sent.
  Where a service makes its ETags of parts, or of the whole, otherwise than Amazon (R2, OSS), the MD5 of each part that was sent stands for them.
- **Object Lock** with a default retention wants the MD5 of each object beforehand. It is known where the original's ETag is one, and of all up to
  1 MiB; a larger original that was uploaded to COS in parts fails there (\`ChecksumRequired\`).
- **\`--if-exists skip\`** takes what lies there for the original by length and CRC64, or by length and MD5. Where a store tells no CRC64
  and the original's ETag is no MD5 (it was uploaded in parts), the object's own \`x-*-meta-original-crc64\`, which is written only with bytes
  that were proven, stands for it.
- **Words of the store**: \`--storage-class\` and \`--encryption\` are the store's own. Another store's are refused before anything is written.
- **Headers**: \`x-cos-meta-*\` become \`x-amz-meta-*\`, and values beyond ASCII go as RFC 2047 encoded words, as S3 wants them; the other
  [preserved headers](cli.md#the-archive) stay what they are, and go unsigned where they are beyond ASCII.
- **The endpoint** is a template: with \`{bucket}\` in the host where the service wants it there (OSS: \`https://{bucket}.s3.oss-{region}.aliyuncs.com\`),
  else the bucket goes into the path (R2: \`https://ACCOUNT.r2.cloudflarestorage.com\`, without the bucket that its console shows behind it).
`;

test("is told in docs/stores.md (after a change: npx vitest run test/stores -u)", async () => {
  await expect(document()).toMatchFileSnapshot("../../docs/stores.md");
});
