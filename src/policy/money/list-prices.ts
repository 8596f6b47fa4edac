/**
 * The list prices that are reckoned with where nobody says others (config/price-settings.ts): those of the public cloud in mainland China, as
 * the documents told them on the day below. They differ by region and contract, and change: whoever mends them mends the day too.
 *
 *   processing            460/58117, basic image processing by the size of the original; originImage is taken for that, as 1045/73029 calls
 *                         it a paid interface of image processing and no document has a price of its own for it
 *   requests              436/40100 says that reads and writes of all kinds are counted, refused ones too; the price is that of STANDARD
 *   restores              436/53862
 *   traffic               the internet, downstream; within a region there is none
 */
export const listPrices = {
  /** Of the newest of these documents that was read. */
  asOf: "2026-01-13",
  currency: "CNY",
  /** A GB of originals. */
  processing: 0.025,
  /** GB a month. */
  freeProcessing: 10_240,
  /** 10,000 of them. */
  requests: 0.01,
  /** 10,000 of them. */
  restoreRequests: 0.5,
  /** A GB, by class and tier; DEEP_ARCHIVE has no Expedited. */
  restore: {
    ARCHIVE: { Expedited: 0.2, Standard: 0.06, Bulk: 0.02 },
    DEEP_ARCHIVE: { Expedited: 0, Standard: 0.14, Bulk: 0.04 },
  },
  /** A GB. */
  traffic: 0.5,
} as const;
