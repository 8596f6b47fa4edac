/**
 * A certificate: what was compared, when, what was found, and by which proofs, for whoever was not there. `check` and `verify` write it; taking a
 * protection off asks for one. Fields are added to it, never changed; a reader passes over those it does not know.
 */
import * as z from "zod";

export const certificateSchema = "cos-originals/certificate@1";

const count = z.int().nonnegative();
const time = z.iso.datetime({ precision: 3 });

/** What was found of an object that is not as it should be. */
export const certifiedDifferences = ["missing", "differs", "extra", "uncompared"] as const;

/** By what objects were found equal: the strongest first. */
export const certifiedProofs = ["content-md5", "crc64", "etag", "recorded-crc64", "size"] as const;

const listShape = z.looseObject({
  of: z.enum(["source", "archive", "ledger"]).describe("what was listed; of a ledger the rows that its run archived"),
  address: z.string(),
  objects: count,
  bytes: count,
  newest: z
    .object({ key: z.string(), lastModified: time })
    .nullable()
    .describe("the newest object by Last-Modified; null of an empty list, and of a ledger's"),
  sha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .describe(
      'of one line an object, in the order of the list, each ended by a line feed: ["KEY",SIZE,"ETAG","LAST MODIFIED"] as JSON without spaces; of a ledger ["ARCHIVE KEY",SIZE,"ETAG","CRC64"], null where the ledger does not tell',
    ),
});

export const certificateShape = z.looseObject({
  schema: z.literal(certificateSchema),
  tool: z.string().describe("what made it, with its version"),
  by: z.enum(["check", "verify"]).describe("check compared two places, verify an archive with a run's ledger"),
  agreed: z.boolean().describe("did all that was compared agree, and could all of it be compared?"),
  source: z.string().describe("address of the originals"),
  archive: z.string().describe("address of the archive"),
  archiveKey: z.string().describe("template of the archive keys"),
  run: z.string().nullable().describe("the run that was verified; null of a check"),
  ledger: z.string().nullable().describe("address of that run's ledger; null of a check"),
  deep: z.boolean().describe("were the archived bytes read anew?"),
  oneWay: z.boolean().describe("was what the archive alone holds passed over?"),
  beganAt: time.describe("what is newer was not looked at; of a check by the source's own clock"),
  endedAt: time,
  scope: z
    .looseObject({
      filter: z.array(z.string()).optional().describe('rules in their order, "+ GLOB" or "- GLOB"'),
      minSize: count.optional(),
      maxSize: count.optional(),
      except: z.string().optional().describe("name of the manifest of exceptions"),
      leftOut: count.describe("archived objects that are not in scope, of which nothing is said"),
    })
    .optional()
    .describe("of a verify of a part of what the run archived: which part"),
  objects: count.describe("originals of a check; archived objects of a verify, as far as they are in scope"),
  bytes: count.describe("their bytes"),
  same: count,
  missing: count,
  differs: count,
  extra: count.describe("in the archive alone; 0 of a verify"),
  uncompared: count.describe("could not be compared"),
  replaced: count.describe("of a verify: a later run of the ledger archived another original there, as it should be"),
  gone: count.describe("of a check: deleted from the source while they were compared"),
  proofs: z
    .object(Object.fromEntries(certifiedProofs.map((proof) => [proof, count])) as Record<Proof, typeof count>)
    .describe("what is the same, by what it was found so by"),
  lists: z.array(listShape),
  requests: z.record(z.string(), count).describe("sent for it, by type"),
  differences: z
    .array(
      z.looseObject({
        kind: z.enum(certifiedDifferences),
        key: z.string(),
        archiveKey: z.string().optional(),
        message: z.string(),
      }),
    )
    .describe("the first twenty"),
});

type Proof = (typeof certifiedProofs)[number];

export type Certificate = z.infer<typeof certificateShape>;
export type CertifiedList = Certificate["lists"][number];
export type CertifiedDifference = Certificate["differences"][number];

/** As many differences are named. */
export const namedDifferences = 20;

/** For whoever reads a certificate in another language: JSON Schema, 2020-12. */
export const certificateJsonSchema = (): object => ({
  title: "Certificate of cos-originals",
  ...z.toJSONSchema(certificateShape),
});
