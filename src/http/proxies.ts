/**
 * Proxies that the environment names: `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY`, the lower-case names first. What speaks to them is
 * open-proxied.ts, which reads NO_PROXY: hosts, with everything below them, or `*`. Without HTTPS_PROXY the proxy of HTTP_PROXY serves https too. What is on loopback is never proxied.
 */
import { UserError } from "../vocabulary/errors.ts";

export interface Proxies {
  readonly https: ProxyAddress | undefined;
  readonly http: ProxyAddress | undefined;
  /** "" where there is none. */
  readonly noProxy: string;
}

export interface ProxyAddress {
  /** With its credentials: never to be shown. */
  readonly url: URL;
  /** The variable that names it. */
  readonly variable: string;
}

export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Undefined where none is set.
 * @throws UserError `InvalidProxy`, without the value, which may hold a password
 */
export function proxiesOf(environment: Environment): Proxies | undefined {
  const http = proxyOf(environment.http_proxy, "http_proxy") ?? proxyOf(environment.HTTP_PROXY, "HTTP_PROXY");
  const https =
    proxyOf(environment.https_proxy, "https_proxy") ?? proxyOf(environment.HTTPS_PROXY, "HTTPS_PROXY") ?? http;
  if (https === undefined) return undefined;
  return { https, http, noProxy: environment.no_proxy ?? environment.NO_PROXY ?? "" };
}

/** An empty variable says nothing. */
function proxyOf(value: string | undefined, variable: string): ProxyAddress | undefined {
  const text = value?.trim();
  if (!text) return undefined;
  const whole = text.includes("://") ? text : `http://${text}`;
  if (URL.canParse(whole)) {
    const url = new URL(whole);
    if (/^(?:https?|socks5?):$/.test(url.protocol) && url.hostname !== "") return { url, variable };
  }
  throw new UserError(
    "InvalidProxy",
    `${variable} is not the address of a proxy; give one such as http://proxy.example:3128, or unset it.`,
  );
}

/** `http://proxy.example:3128`: without its credentials. */
export const proxyText = ({ url }: ProxyAddress): string => `${url.protocol}//${url.host}`;

/** One sentence for whoever runs this. */
export function proxiesText({ https, http, noProxy }: Proxies): string {
  const through = (what: string, proxy: ProxyAddress) => `${what} through ${proxyText(proxy)} (${proxy.variable})`;
  const ways =
    https === http && http !== undefined
      ? [through("https and http go", http)]
      : [
          ...(https === undefined ? [] : [through("https goes", https)]),
          ...(http === undefined ? [] : [through("http goes", http)]),
        ];
  const but = noProxy === "" ? "" : ", but for the hosts of NO_PROXY";
  return `A proxy is set: ${ways.join(", ")}${but}.`;
}
