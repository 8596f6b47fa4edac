/** TLS connections that will never stand, however often they are tried: what Node and OpenSSL say of them, in plain words. */
import { Fault } from "./fault.ts";

/** By Node's codes; what is not here is told by the code alone. */
const certificates: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: "the certificate has expired",
  CERT_NOT_YET_VALID: "the certificate is not valid yet",
  CERT_REVOKED: "the certificate was revoked",
  DEPTH_ZERO_SELF_SIGNED_CERT: "the certificate is self-signed",
  SELF_SIGNED_CERT_IN_CHAIN: "the certificate is vouched for by nobody who is known, as where a proxy reads along",
  ERR_TLS_CERT_ALTNAME_INVALID: "the certificate is another host's",
  HOSTNAME_MISMATCH: "the certificate is another host's",
  UNABLE_TO_GET_ISSUER_CERT: "the certificate is vouched for by nobody who is known",
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: "the certificate is vouched for by nobody who is known",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: "the certificate came without those that vouch for it",
};
const ofCertificate =
  /^(?:CERT_|UNABLE_TO_(?:GET|VERIFY|DECRYPT|DECODE)_|SELF_SIGNED_CERT|DEPTH_ZERO_|ERR_TLS_CERT_|(?:INVALID_(?:CA|PURPOSE)|PATH_LENGTH_EXCEEDED|HOSTNAME_MISMATCH)$)/;

/** Of OpenSSL's reasons those that both sides would come to again; a record that broke on its way is none of them. */
const lasting =
  /version|protocol|handshake failure|cipher|shared|http request|unknown ca|certificate|unrecognized name|packet length too long|fallback/;

/** The Fault that it is; undefined where it is none of TLS, or where trying again may help. */
export function tlsFault(error: Error): Fault | undefined {
  const { code } = error as NodeJS.ErrnoException;
  if (code === undefined) return undefined;
  const cause = { cause: error };
  if (ofCertificate.test(code)) {
    return new Fault(
      "UntrustedCertificate",
      `${certificates[code] ?? "the certificate does not hold"}, ${code}`,
      cause,
    );
  }
  const reason = reasonOf(code, error.message);
  if (reason === undefined || !lasting.test(reason)) return undefined;
  const plain = /version number|http request|packet length too long/.test(reason);
  const told = plain ? `${reason}: what listens there speaks no TLS` : reason;
  return new Fault("TlsRefused", told, cause);
}

/** `ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION`, or EPROTO with a line of OpenSSL's: `…:SSL routines:ssl3_get_record:wrong version number:…` */
function reasonOf(code: string, message: string): string | undefined {
  if (code.startsWith("ERR_SSL_")) return code.slice("ERR_SSL_".length).toLowerCase().replaceAll("_", " ");
  if (code !== "EPROTO") return undefined;
  return /:SSL routines:[^:]*:([^:]+)/.exec(message)?.[1]?.toLowerCase();
}
