/** A plan as a document: what `plan --json` prints, and what its text is made of. */
import type { Settings } from "../../../config/read.ts";
import type { RunRequest } from "../../../ledger/plan/request.ts";
import { startsAt } from "../../../policy/concurrency/auto-concurrency.ts";
import { costOf } from "../../../policy/money/cost.ts";
import { listPrices } from "../../../policy/money/list-prices.ts";
import type { Place } from "../../../run/messages/messages.ts";
import type { Replaced } from "../../../run/places/replaced.ts";
import { type Estimate, fetchesOf, headsAtStart } from "../../../run/plan/estimate/estimate.ts";
import { expectedAtOnce, timeOf } from "../../../run/plan/estimate/time.ts";
import { notPreserved } from "../../../vocabulary/choices.ts";
import { pricesOf } from "../../settings/prices.ts";

/** What `plan --json` prints. */
export type PlanDocument = ReturnType<typeof planDocument>;

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
    headsAtStart: headsAtStart(estimate, { atOnce: auto ? startsAt : concurrency, maxInstances }),
    notPreserved,
    replaced,
    cost: {
      indicative: true,
      listPricesOf: listPrices.asOf,
      prices,
      estimate: costOf(estimate, prices, { archive: request.archive, ledger }),
    },
    time: {
      ...timeOf(fetchesOf(estimate), { concurrency, rate, maxInstances }),
      concurrency,
      auto,
      rate: rate ?? null,
      maxInstances,
    },
  } as const;
}
