/**
 * What a store offers beyond what the port demands of each. What is built on it asks here, and never which store it is: the proof of an
 * original, uploads, and the ledger. docs/stores.md has them side by side.
 */
export interface StoreOffers {
  /** Does a PUT refuse bytes that have another MD5 than Content-MD5 says (BadDigest)? */
  readonly checksMd5: boolean;
  /** Do replies tell the CRC64 (ECMA) of the object's bytes? */
  readonly tellsCrc64: boolean;
  /** Does a PUT compare what was stored with what was sent, by a checksum of its own, where nobody gave it one? */
  readonly checksWhatItSent: boolean;
  /**
   * Is forbidOverwrite obeyed: always; only in a bucket that never had versions; or does the protocol have it, and not each of the services
   * that speak it?
   */
  readonly forbidsOverwrite: "always" | "unless versioned" | "by most";
  /** Does a LIST show all that was written before it: always, or of most services that speak the protocol? */
  readonly listsAtOnce: "always" | "by most";
  /** Does one LIST tell of a thousand objects for less than it costs to ask for each? */
  readonly listsCheaply: boolean;
  /** The largest object of one PUT, bytes; beyond it uploads come in parts. */
  readonly mostPutBytes: number;
  /** The largest object that one copy takes, bytes. */
  readonly mostCopyBytes: number;
  /** The longest key, bytes of UTF-8. */
  readonly mostKeyBytes: number;
}
