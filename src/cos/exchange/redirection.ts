/**
 * Where a redirection says that a bucket is. It is never followed: what was signed was signed for another host, and a request that anybody
 * on the way may send elsewhere takes its token with it.
 */
const regionOfHost = /\.(?:cos|cos-internal|pic|ci)\.([a-z]{2,}-[a-z0-9-]+)\.(?:myqcloud\.com|tencentcos\.cn)$/;

export const isRedirection = (status: number): boolean => status >= 300 && status < 400 && status !== 304;

/**
 * What to do, in words.
 * @param location of the reply's head
 * @param endpoint of its body, a host
 */
export function redirectionAdvice(location: string | undefined, endpoint: string | undefined): string {
  const host = hostOf(location) ?? hostOf(endpoint?.includes("://") === false ? `https://${endpoint}` : endpoint);
  if (host === undefined) return "redirections are never followed: check the region and the endpoint";
  const region = regionOfHost.exec(host)?.[1];
  return region === undefined
    ? `it points to ${host}, and redirections are never followed: check the region and the endpoint`
    : `the bucket is in ${region}: set its region, redirections are never followed`;
}

/** Neither path nor query is told: a signature may be in it. */
function hostOf(url: string | undefined): string | undefined {
  if (url === undefined || !URL.canParse(url)) return undefined;
  const { hostname } = new URL(url);
  return hostname === "" ? undefined : hostname;
}
