/**
 * undici's agents, which speak to proxies: CONNECT for https, the absolute form for plain http. Imported where a proxy is set, for it takes a
 * process longer to read undici than to do most of what it is started for.
 */
import { type Agent, type Dispatcher, EnvHttpProxyAgent, Pool } from "undici";
import type { Proxies } from "./proxies.ts";

/** For the answer to CONNECT. */
const CONNECT_MS = 10_000;

/** What dispatches requests through them. */
export function openProxied({ https, http, noProxy }: Proxies, options: Agent.Options): Dispatcher {
  return new EnvHttpProxyAgent({
    ...options,
    clientFactory: (proxy: URL, { connect }: Pool.Options) =>
      new Pool(proxy, { ...(connect && { connect }), headersTimeout: CONNECT_MS }),
    httpProxy: http?.url.href ?? "",
    httpsProxy: https?.url.href ?? "",
    noProxy,
    proxyTunnel: false,
  });
}
