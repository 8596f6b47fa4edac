/** The certificate of a check. Pure. */
import {
  type Certificate,
  type CertifiedDifference,
  type CertifiedList,
  certificateSchema,
} from "../../report/certificate.ts";
import { printAddress } from "../../vocabulary/address.ts";
import { isoTime } from "../../vocabulary/clock.ts";
import { toolVersion } from "../../vocabulary/version.ts";
import { agree, type CheckCounts, type CheckedPlaces, type ListedPlaces } from "./check.ts";
import type { ListTotals } from "./list-totals.ts";

export interface CheckOver {
  readonly places: CheckedPlaces;
  readonly archiveKey: string;
  readonly oneWay: boolean;
  readonly counts: CheckCounts;
  readonly listed: ListedPlaces;
  /** ISO 8601. */
  readonly endedAt: string;
  readonly differences: readonly CertifiedDifference[];
}

export function certificateOfCheck(check: CheckOver): Certificate {
  const { places, archiveKey, oneWay, counts, listed, endedAt, differences } = check;
  const { same, missing, differs, extra, uncompared, gone, proofs, requests } = counts;
  const source = printAddress(places.source);
  const archive = printAddress(places.archive);
  const beganAt = isoTime(listed.beganAt);
  return {
    schema: certificateSchema,
    tool: toolVersion,
    by: "check",
    agreed: agree(counts, oneWay),
    source,
    archive,
    archiveKey,
    run: null,
    ledger: null,
    deep: false,
    oneWay,
    beganAt,
    // The source's clock may be ahead of this machine's.
    endedAt: latest(beganAt, endedAt),
    objects: listed.source.objects,
    bytes: listed.source.bytes,
    same,
    missing,
    differs,
    extra,
    uncompared,
    replaced: 0,
    gone,
    proofs: { ...proofs, size: 0 },
    lists: [listOf("source", source, listed.source), listOf("archive", archive, listed.archive)],
    requests: { ...requests },
    differences: [...differences],
  };
}

const latest = (...times: readonly string[]): string => times.toSorted().at(-1) ?? "";

function listOf(of: "source" | "archive", address: string, { newest, ...totals }: ListTotals): CertifiedList {
  return {
    of,
    address,
    ...totals,
    newest: newest === null ? null : { key: newest.key, lastModified: isoTime(newest.lastModified) },
  };
}
