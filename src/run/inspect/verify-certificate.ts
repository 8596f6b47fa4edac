/** The certificate of a verified archive. Pure. */
import type { StoredRows } from "../../ledger/plan/request.ts";
import { type Certificate, type CertifiedDifference, certificateSchema } from "../../report/certificate.ts";
import { printAddress } from "../../vocabulary/address.ts";
import { toolVersion } from "../../vocabulary/version.ts";
import type { Place } from "../messages/messages.ts";
import type { Difference, Verified } from "./verify.ts";
import { totalLeftOut, type VerifyScope } from "./verify-scope.ts";

export interface VerifyOver {
  readonly run: string;
  readonly ledger: Place;
  readonly verified: Verified;
  readonly scope?: VerifyScope | undefined;
  /** ISO 8601. */
  readonly beganAt: string;
  readonly endedAt: string;
  readonly differences: readonly CertifiedDifference[];
}

export function certificateOfVerify(over: VerifyOver): Certificate {
  const { run, ledger, verified, scope, beganAt, endedAt, differences } = over;
  const { request, same, proofs, replaced, unread, deep, list, requests } = verified;
  const { missing, size, checksum } = verified.differences;
  const address = printAddress(ledger);
  return {
    schema: certificateSchema,
    tool: toolVersion,
    by: "verify",
    agreed: isSound(verified),
    source: printAddress(request.source),
    archive: printAddress(request.archive),
    archiveKey: request.options.archiveKey,
    run,
    ledger: address,
    deep,
    oneWay: true,
    beganAt,
    endedAt,
    ...(scope === undefined ? undefined : { scope: certifiedScope(scope, verified) }),
    objects: list.objects,
    bytes: list.bytes,
    same,
    missing,
    differs: size + checksum,
    extra: 0,
    uncompared: unread,
    replaced,
    gone: 0,
    proofs: { ...proofs, "recorded-crc64": 0 },
    lists: [{ of: "ledger", address, ...list, newest: null }],
    requests: { ...requests },
    differences: [...differences],
  };
}

const nameOf = (source: StoredRows): string =>
  source.kind === "file" ? source.name : `cos://${source.bucket}/${source.key}`;

function certifiedScope(
  { filter, minSize, maxSize, except }: VerifyScope,
  { leftOut }: Verified,
): Certificate["scope"] {
  const source = except?.source;
  return {
    ...(filter === undefined ? undefined : { filter: [...filter] }),
    ...(minSize === undefined ? undefined : { minSize }),
    ...(maxSize === undefined ? undefined : { maxSize }),
    ...(source === undefined ? undefined : { except: nameOf(source) }),
    leftOut: totalLeftOut(leftOut),
  };
}

/** Was all there, as the ledger says or as a later run left it, and could all of it be looked at? */
export function isSound({ differences: { missing, size, checksum }, unread }: Verified): boolean {
  return missing + size + checksum + unread === 0;
}

/** As a certificate names it. */
export function certified({ kind, message, outcome }: Difference): CertifiedDifference {
  const { key, archiveKey } = outcome;
  const as = kind === "missing" ? "missing" : kind === "unread" ? "uncompared" : "differs";
  return { kind: as, key, ...(archiveKey === undefined ? {} : { archiveKey }), message };
}
