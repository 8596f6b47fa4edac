/** A run in the ledger of the benchmark's store, planned as any run is, for who measures what comes after. */

import { readSettings } from "../../src/config/read.ts";
import type { CreateHttp } from "../../src/http/port/http.ts";
import { type RunRequest, requestSchema } from "../../src/ledger/plan/request.ts";
import type { RunDocument } from "../../src/ledger/plan/run-document.ts";
import type { Row } from "../../src/manifest/row.ts";
import type { Place } from "../../src/run/messages/messages.ts";
import { claimRun } from "../../src/run/plan/claim.ts";
import type { PlanEntries, PlanEntry } from "../../src/run/plan/entry.ts";
import { planOn } from "../../src/run/plan/plan.ts";
import { openLedger } from "../../src/run/surroundings/open-ledger.ts";
import type { Surroundings } from "../../src/run/surroundings/surroundings.ts";
import {
  type OpenedSurroundings,
  surroundingsFromSettings,
} from "../../src/runtime/settings/surroundings-from-settings.ts";
import { systemClock } from "../../src/vocabulary/clock.ts";
import { silentLog } from "../../src/vocabulary/log.ts";
import { bucketsOf, credentials, region } from "./bodies.ts";
import { TRUSTED } from "./listen.ts";

export const archivePlace: Place = { bucket: bucketsOf.archive, region, prefix: "" };
export const ledgerPlace: Place = { bucket: bucketsOf.archive, region, prefix: ".originals" };

/** What a function or a command line is told of the store, in its environment. */
export function environmentOf(origin: string): Readonly<Record<string, string>> {
  const trusted = process.env[TRUSTED];
  return {
    ORIGINALS_ENDPOINT: origin,
    ORIGINALS_REGION: region,
    TENCENTCLOUD_SECRETID: credentials.secretId,
    TENCENTCLOUD_SECRETKEY: credentials.secretKey,
    AWS_ENDPOINT_URL_S3: origin,
    AWS_ACCESS_KEY_ID: credentials.secretId,
    AWS_SECRET_ACCESS_KEY: credentials.secretKey,
    ...(trusted === undefined ? {} : { [TRUSTED]: trusted }),
  };
}

/** @param createHttp what sends the requests; as the product where absent */
export function openSurroundings(
  origin: string,
  concurrency: number | "auto",
  createHttp?: CreateHttp | undefined,
): OpenedSurroundings {
  const environment = { ...environmentOf(origin), ORIGINALS_CONCURRENCY: String(concurrency) };
  return surroundingsFromSettings(readSettings({ environment }), {
    environment,
    clock: systemClock,
    random: Math.random,
    log: silentLog,
    createHttp,
  });
}

export interface RunToPlan {
  readonly run: string;
  /** The bucket of the store, in COS, where absent. */
  readonly archive?: Place | undefined;
  readonly rows: RunRequest["rows"];
  readonly options: { readonly [name in keyof RunRequest["options"]]?: unknown };
  readonly entries: (request: RunRequest) => PlanEntries;
}

export async function planRun(
  { run, archive = archivePlace, rows, options, entries }: RunToPlan,
  surroundings: Surroundings,
): Promise<RunDocument> {
  const { clock, random } = surroundings;
  const request: RunRequest = requestSchema.parse({
    schema: "cos-originals/request@1",
    run,
    source: { bucket: bucketsOf.source, region, prefix: "" },
    archive,
    rows,
    options,
    askedAt: new Date(clock.now()).toISOString(),
    tool: "bench",
  });
  const ledger = openLedger(ledgerPlace, run, surroundings);
  await claimRun(ledger, request);
  const planned = await planOn({
    ledger,
    place: ledgerPlace,
    clock,
    random,
    request,
    rows: () => entries(request),
    deadline: Number.POSITIVE_INFINITY,
  });
  if (planned === undefined) throw new Error("planning did not end");
  return planned;
}

/** `count` rows, one an entry. */
export async function* entriesOf(count: number, rowOf: (index: number) => Row): AsyncGenerator<readonly PlanEntry[]> {
  for (let index = 0; index < count; index++) yield [{ kind: "row", row: rowOf(index), at: { line: index + 1 } }];
}
