/** The prices that `plan` reckons with; all of them are indicative. */
import { listPrices } from "../policy/money/list-prices.ts";
import { setting } from "./setting.ts";
import * as values from "./values.ts";

export const priceSettings = {
  priceCurrency: setting(values.currency, {
    group: "prices",
    placeholder: "CODE",
    description: "currency of the prices that plan reckons with; all of them are indicative",
    example: "CNY",
    default: listPrices.currency,
  }),
  priceProcessing: setting(values.price, {
    group: "prices",
    placeholder: "PRICE",
    description: "price of image processing, a GB of originals",
    example: "0.025",
    default: String(listPrices.processing),
  }),
  freeProcessing: setting(values.price, {
    group: "prices",
    placeholder: "GB",
    description: "GB of image processing a month that are free",
    example: "10240",
    default: String(listPrices.freeProcessing),
  }),
  priceRequests: setting(values.price, {
    group: "prices",
    placeholder: "PRICE",
    description: "price of 10,000 requests",
    example: "0.01",
    default: String(listPrices.requests),
  }),
  priceRestoreRequests: setting(values.price, {
    group: "prices",
    placeholder: "PRICE",
    description: "price of 10,000 restores from an archive class that are asked for",
    example: "0.5",
    default: String(listPrices.restoreRequests),
  }),
  priceRestoreArchive: setting(values.price, {
    group: "prices",
    placeholder: "PRICE",
    description: "price of a GB restored from ARCHIVE (default: by --restore-tier, 0.06, Bulk 0.02, Expedited 0.2)",
    example: "0.06",
  }),
  priceRestoreDeepArchive: setting(values.price, {
    group: "prices",
    placeholder: "PRICE",
    description: "price of a GB restored from DEEP_ARCHIVE (default: by --restore-tier, 0.14, Bulk 0.04)",
    example: "0.14",
  }),
  priceTraffic: setting(values.price, {
    group: "prices",
    placeholder: "PRICE",
    description: "price of a GB over the internet, where this does not run in the source's region",
    example: "0.5",
    default: String(listPrices.traffic),
  }),
} as const;
