/**
 * The name that a TLS server is asked for, and whose certificate it must have: that of what is dialled, whatever the Host header
 * says. An address is no such name (RFC 6066, 3): none is sent, and Node checks the certificate for the address.
 *
 * @param hostname as in a URL, an IPv6 address in brackets
 */
export const serverNameOf = (hostname: string): string => (/^\[|^[\d.]+$/.test(hostname) ? "" : hostname);
