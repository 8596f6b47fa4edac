/** What the settings say that it costs. */
import type { Settings } from "../../config/read.ts";
import type { Prices } from "../../policy/money/cost.ts";

export function pricesOf({ values }: Pick<Settings, "values">): Prices {
  return {
    currency: values.priceCurrency,
    processing: values.priceProcessing,
    freeProcessing: values.freeProcessing,
    requests: values.priceRequests,
    restoreRequests: values.priceRestoreRequests,
    restoreArchive: values.priceRestoreArchive,
    restoreDeepArchive: values.priceRestoreDeepArchive,
    traffic: values.priceTraffic,
  };
}
