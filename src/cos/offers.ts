/** What COS offers (documents 436/7749, 436/10881, 436/13324). */
import type { StoreOffers } from "../objects/offers.ts";
import { maxKeyBytes, putLimit } from "../vocabulary/limits.ts";

export const cosOffers: StoreOffers = {
  checksMd5: true,
  tellsCrc64: true,
  checksWhatItSent: false,
  forbidsOverwrite: "unless versioned",
  listsAtOnce: "always",
  listsCheaply: true,
  mostPutBytes: putLimit,
  mostCopyBytes: putLimit,
  mostKeyBytes: maxKeyBytes,
};
