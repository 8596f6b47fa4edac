/**
 * A page's Content-Security-Policy: no address is asked for anything, and of style and script only what the page was made with is
 * let in, by its SHA-256; so a key that were to break out of its place could still do nothing.
 */
import { createHash } from "node:crypto";

export interface Inlined {
  readonly styles: readonly string[];
  readonly scripts: readonly string[];
  /** May a script ask whoever served the page? */
  readonly connects?: boolean | undefined;
}

export function contentSecurityPolicy({ styles, scripts, connects = false }: Inlined): string {
  const hashes = (texts: readonly string[]) => (texts.length === 0 ? "'none'" : texts.map(hashOf).join(" "));
  return [
    "default-src 'none'",
    `style-src ${hashes(styles)}`,
    `script-src ${hashes(scripts)}`,
    ...(connects ? ["connect-src 'self'"] : []),
    "base-uri 'none'",
    "form-action 'none'",
  ].join("; ");
}

const hashOf = (text: string): string => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;
