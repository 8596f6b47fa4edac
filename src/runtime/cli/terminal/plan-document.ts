/** A plan as a document: what `plan --json` prints, and what its text is made of. */
import type { Settings } from "../../../config/read.ts";
import type { RunRequest } from "../../../ledger/plan/request.ts";
import type { Place } from "../../../run/messages/messages.ts";
import type { Replaced } from "../../../run/places/replaced.ts";
import { costOf, type Estimate, expectedAtOnce, type Prices, timeOf } from "../../../run/plan/estimate.ts";
import { notPreserved } from "../../../vocabulary/choices.ts";

/** What `plan --json` prints. */
export type PlanDocument = ReturnType<typeof planDocument>;

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

export function planDocument(
  { values }: Settings,
  request: RunRequest,
  ledger: Place,
  estimate: Estimate,
  replaced: Replaced,
) {
  const { rate, maxInstances } = values;
  const auto = values.concurrency === "auto";
  const concurrency = values.concurrency === "auto" ? expectedAtOnce({ rate, maxInstances }) : values.concurrency;
  const prices = pricesOf({ values });
  return {
    schema: "cos-originals/plan@1",
    /** A listing's run is named when it is run. */
    run: request.rows.kind === "listing" && values.run === undefined ? null : request.run,
    ...estimate,
    notPreserved,
    replaced,
    cost: { indicative: true, prices, estimate: costOf(estimate, prices, { archive: request.archive, ledger }) },
    time: {
      ...timeOf(estimate.requests["source.get"], { concurrency, rate, maxInstances }),
      concurrency,
      auto,
      rate: rate ?? null,
      maxInstances,
    },
  } as const;
}
