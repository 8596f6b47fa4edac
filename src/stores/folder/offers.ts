/** What a folder offers. Its file system may set bounds that are lower (FAT: 4 GiB). */
import type { StoreOffers } from "../../objects/offers.ts";

/** As of S3. Encoded, and with the folder before it, it has to fit into a path of the system (Linux: 4,096 bytes; macOS: 1,024). */
export const mostKeyBytes = 1_024;

export const folderOffers: StoreOffers = {
  checksMd5: true,
  tellsCrc64: true,
  checksWhatItSent: false,
  forbidsOverwrite: "always",
  listsAtOnce: "always",
  // Each object that is listed has its sidecar read, as of a HEAD.
  listsCheaply: false,
  mostPutBytes: Number.MAX_SAFE_INTEGER,
  mostCopyBytes: Number.MAX_SAFE_INTEGER,
  mostKeyBytes,
};
