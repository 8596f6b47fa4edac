/**
 * Is it worth a LIST to know of keys that a HEAD each would tell of? One page tells up to a thousand at once where the wanted keys lie
 * side by side, and one or two where they lie far apart. Which it is, is found by looking: of a credit each LIST takes what it costs, and
 * each key that it tells of gives one back, so no more is ever lost than the credit. Pure.
 */

/**
 * HEADs that one LIST costs. In COS's money it is one, in S3's twelve and a half; in time, and in work here, a page of a thousand
 * entries is about twenty.
 */
export const headsOfAList = 20;

/** HEADs that LISTs may still cost. */
export type ListCredit = number;

/** Two LISTs: the first may fall before a gap. */
export const startCredit: ListCredit = 2 * headsOfAList;

/** As many LISTs may be under way at once where they pay, and as many are lost where they no longer do. */
const mostCredit: ListCredit = 10 * headsOfAList;

/** @param wanted keys that are not told of, of those that the LIST would begin at */
export const mayList = (credit: ListCredit, wanted: number): boolean =>
  credit >= headsOfAList && wanted >= headsOfAList;

export const listSent = (credit: ListCredit): ListCredit => credit - headsOfAList;

/** @param told wanted keys that the page told of */
export const pageCame = (credit: ListCredit, told: number): ListCredit => Math.min(mostCredit, credit + told);
