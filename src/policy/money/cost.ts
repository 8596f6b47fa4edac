/** What requests and bytes cost, by prices. Pure. */
import { listPrices } from "./list-prices.ts";
import { type RestoreEstimate, type RestorePrices, restoreCost } from "./restore-price.ts";

/** What a GB, or so many requests, cost. What the service asks of you is in your own price list. */
export interface Prices extends RestorePrices {
  /** ISO 4217, for the others. */
  readonly currency: string;
  /** Image processing, a GB of originals (document 460/58117). */
  readonly processing: number;
  /** GB of image processing a month that are free. */
  readonly freeProcessing: number;
  /** 10,000 requests, read or write. */
  readonly requests: number;
  /** A GB that leaves the source's region over the internet. */
  readonly traffic: number;
}

const { currency, processing, freeProcessing, requests, restoreRequests, traffic } = listPrices;
/** Where nobody says others. */
export const usualPrices: Prices = { currency, processing, freeProcessing, requests, restoreRequests, traffic };

export interface Cost {
  readonly currency: string;
  /** The least: as if the whole free volume of this month were left. */
  readonly from: number;
  /** The most: as if it were used up. */
  readonly upTo: number;
  readonly processing: { readonly from: number; readonly upTo: number };
  readonly requests: number;
  /** Of restoring what is in an archive class; the storage of the restored copies is not in it. */
  readonly restore: number;
  /** On top, where this does not run in the source's own region. */
  readonly traffic: number;
}

export const GB = 1024 ** 3;

/** Of a currency, that anything is told to: a request costs a thousand of them. What is less is the noise of binary fractions. */
const DECIMALS = 9;

/** To billionths, as caps are counted too. */
export const toMoney = (amount: number): number => Number(amount.toFixed(DECIMALS));

/** Requests by type, of which these are priced. */
export type PricedRequests = Readonly<
  Record<"source.get" | "source.head" | "archive.head" | "archive.put" | "ledger", number>
> & { readonly "source.plain"?: number | undefined };

export interface Priced {
  /** Of originals: all of them, and the rows that they are known or reckoned of; `estimated` is null where nothing tells. */
  readonly bytes: {
    readonly rowsWithSize: number;
    readonly rowsWithout: number;
    readonly estimated: number | null;
    /** Of those estimated: by plain GETs, for which no image processing is paid; none where absent. */
    readonly plain?: number | null | undefined;
  };
  readonly requests: PricedRequests;
  readonly restore?: RestoreEstimate | null | undefined;
}

interface InStore {
  /** Undefined: COS. */
  readonly store?: string | undefined;
}

/**
 * Null where the bytes are not known even about.
 * @param places requests to what is no COS are not in its prices
 */
export function costOf(
  { bytes, requests, restore }: Priced,
  prices: Prices,
  { archive, ledger }: { readonly archive: InStore; readonly ledger: InStore },
): Cost | null {
  if (bytes.estimated === null) return null;
  const volume = bytes.estimated / GB;
  const processed = Math.max(0, bytes.estimated - (bytes.plain ?? 0)) / GB;
  const processing = {
    from: toMoney(Math.max(0, processed - prices.freeProcessing) * prices.processing),
    upTo: toMoney(processed * prices.processing),
  };
  const ofArchive = archive.store === undefined ? requests["archive.head"] + requests["archive.put"] : 0;
  const ofLedger = ledger.store === undefined ? requests.ledger : 0;
  const gets = requests["source.get"] + (requests["source.plain"] ?? 0);
  const all = gets + requests["source.head"] + ofArchive + ofLedger;
  const forRequests = toMoney((all / 10_000) * prices.requests);
  const rows = bytes.rowsWithSize + bytes.rowsWithout;
  const forRestores = toMoney(restore ? restoreCost(restore, rows === 0 ? 0 : bytes.estimated / rows, prices) : 0);
  return {
    currency: prices.currency,
    from: toMoney(processing.from + forRequests + forRestores),
    upTo: toMoney(processing.upTo + forRequests + forRestores),
    processing,
    requests: forRequests,
    restore: forRestores,
    traffic: toMoney(volume * prices.traffic),
  };
}
