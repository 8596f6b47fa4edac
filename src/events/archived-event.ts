/** What a pipeline is told of each original that was archived. */
import type { RunRequest } from "../ledger/plan/request.ts";
import type { FoldedRow } from "../ledger/shard/fold.ts";
import { printRange } from "../vocabulary/address.ts";
import type { Outcome } from "../vocabulary/outcome.ts";
import { attributeText, type CloudEvent } from "./cloud-event.ts";

/** The id is of the run, the bytes and the archive key: told twice it is the same, and another original under one key is another. */
export function archivedEvent({ run, source, archive }: RunRequest, outcome: Outcome): CloudEvent | undefined {
  const { key, versionId, archiveKey } = outcome;
  if (outcome.outcome !== "archived" || archiveKey === undefined) return undefined;
  const size = outcome.receivedSize ?? outcome.expectedSize;
  const etag = outcome.receivedEtag ?? outcome.expectedEtag;
  const crc64 = outcome.receivedCrc64 ?? outcome.expectedCrc64;
  return {
    specversion: "1.0",
    id: attributeText(`${run}:${crc64 ?? etag ?? ""}:${archiveKey}`),
    source: encodeURI(printRange(archive).toWellFormed()),
    type: "cos-originals.object.archived",
    subject: attributeText(archiveKey),
    ...(outcome.fetchedAt === undefined ? {} : { time: outcome.fetchedAt }),
    datacontenttype: "application/json",
    data: {
      schema: "cos-originals/archived@1",
      run,
      source: { bucket: source.bucket, region: source.region, key, versionId },
      archive: { store: archive.store, bucket: archive.bucket, region: archive.region, key: archiveKey },
      size,
      etag,
      crc64,
      proof: outcome.proof,
    },
  };
}

/** Of a shard, in the order of its rows. */
export function archivedEvents(request: RunRequest, rows: ReadonlyMap<number, FoldedRow>): readonly CloudEvent[] {
  return [...rows]
    .sort(([one], [other]) => one - other)
    .flatMap(([, { outcome }]) => archivedEvent(request, outcome) ?? []);
}
