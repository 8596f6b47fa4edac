/** What is configured of a bucket, kept in its bucket.json. */

export interface BucketSettings {
  /** Undefined: the bucket answers under every region. */
  readonly region?: string;
  /** Milliseconds since the epoch. */
  readonly created: number;
  readonly acl: "private" | "public-read";
  /** Suffixes under Original Image Protection, without their dot; empty: off. */
  readonly protect: readonly string[];
  /** Names of the image styles that exist. */
  readonly styles: readonly string[];
  readonly versioning: "never" | "Enabled" | "Suspended";
}

/** NAME-APPID: lower-case letters, digits and inner hyphens, then the account's number; at most 60 characters. */
export function isBucketName(name: string): boolean {
  return name.length <= 60 && /^[a-z0-9]([a-z0-9-]*[a-z0-9])?-[0-9]{5,}$/.test(name);
}
