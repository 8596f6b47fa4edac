/**
 * What requests are signed with, and who knows it. Credentials are asked for at send time, for each request: a function lives longer than its
 * keys do. Behind the port stand the environment (environment.ts, aws-environment.ts), and whatever has to be looked up and renewed
 * (renewing.ts, over an origin).
 */

/** Keys of an account, permanent or temporary. */
export interface Credentials {
  readonly secretId: string;
  readonly secretKey: string;
  /** Of temporary credentials; travels as x-cos-security-token. */
  readonly sessionToken?: string | undefined;
}

/** Who knows what requests are signed with. It is asked for each request: a function's process outlives its keys. */
export interface CredentialsProvider {
  /**
   * What to sign the next request with.
   * @param now by the client's clock, milliseconds: what was found within the last second may be answered again. Absent: it
   *   must be found anew, as far as that costs nothing; `refresh` is for what costs
   */
  get(now?: number): Promise<Credentials> | Credentials;
  /**
   * Fetches new ones after the service called the present ones expired, or knows them no more. The client calls it once for all requests that
   * learn of it together.
   */
  refresh?(): Promise<void>;
  /** Where the present ones are from; undefined before any were found. Absent: that is not known. */
  told?(): CredentialsTold | undefined;
}

/** Where credentials are from, for people; nothing in it is a secret. */
export interface CredentialsTold {
  /** Completes "they are from …": `the environment (TENCENTCLOUD_SECRETID)`. */
  readonly from: string;
  /** Are they temporary? */
  readonly temporary: boolean;
  /** When temporary ones end, milliseconds since the epoch; absent: it is not known. */
  readonly until?: number | undefined;
  /** Will new ones be fetched before these end? Otherwise somebody else has to put them where these are from. */
  readonly renews: boolean;
}

/** Variables, like process.env. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** The same credentials for ever. */
export function staticCredentials(credentials: Credentials): CredentialsProvider {
  return { get: () => credentials };
}

/** Are they the same keys? */
export function sameCredentials(a: Credentials, b: Credentials): boolean {
  return a.secretId === b.secretId && a.secretKey === b.secretKey && a.sessionToken === b.sessionToken;
}
