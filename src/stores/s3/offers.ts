/**
 * What S3 offers (Amazon S3 API Reference, PutObject, CopyObject; User Guide, "Checking object integrity"). Not each service that speaks its
 * protocol has conditional writes, or lists what was just written: what is "by most" is looked at before a run rests on it.
 *
 * CRC64: S3's own is CRC64NVME, of another polynomial than COS's, and not every service has it. Nothing is gained by computing it beside the
 * others: each PUT is held against its MD5 already, and what lies there later against the ETag that it had then.
 */
import type { StoreOffers } from "../../objects/offers.ts";
import { putLimit } from "../../vocabulary/limits.ts";

export const s3Offers: StoreOffers = {
  checksMd5: true,
  tellsCrc64: false,
  checksWhatItSent: true,
  forbidsOverwrite: "by most",
  listsAtOnce: "by most",
  listsCheaply: true,
  mostPutBytes: putLimit,
  mostCopyBytes: putLimit,
  mostKeyBytes: 1024,
};
