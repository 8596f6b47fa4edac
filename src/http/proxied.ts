/** The port where a proxy is set: what is on loopback goes directly, all else by undici's agents. */
import { entryOf } from "../vocabulary/codes/catalogue.ts";
import { isLoopback } from "../vocabulary/loopback.ts";
import { Fault } from "./exchange/fault.ts";
import { fromUndici } from "./exchange/undici-errors.ts";
import { openProxied } from "./open-proxied.ts";
import type { CreateHttp } from "./port/http.ts";
import { type Proxies, type ProxyAddress, proxyText } from "./proxies.ts";
import { createUndiciHttp } from "./undici.ts";

/** @param createDirect what serves loopback */
export function createProxiedHttp(proxies: Proxies, createDirect: CreateHttp): CreateHttp {
  return (options) => {
    const direct = createDirect(options);
    const proxied = createUndiciHttp(options, (agent) => openProxied(proxies, agent), ofConnecting(proxies));
    const byOrigin = new Map<string, typeof direct>();
    return {
      send(request, caller) {
        let http = byOrigin.get(request.origin);
        if (http === undefined) {
          http = isLoopback(new URL(request.origin).hostname) ? direct : proxied;
          byOrigin.set(request.origin, http);
        }
        http.send(request, caller);
      },
      close: async () => {
        await Promise.all([direct.close(), proxied.close()]);
      },
    };
  };
}

/** Errors to connect, of which some are the proxy's, and the others those of a host that is dialled all the same. */
function ofConnecting({ https, http }: Proxies): (error: Error) => Error {
  const proxies = [https, http].filter((proxy) => proxy !== undefined);
  return (error) => {
    const { code } = error as NodeJS.ErrnoException;
    // Of this process or machine, which asked nobody.
    if (code !== undefined && entryOf(code)?.scarce) return error;
    const unreachable = proxies.find((proxy) => isAbout(error, proxy));
    if (unreachable !== undefined) {
      const message = `${proxyText(unreachable)} of ${unreachable.variable} can't be reached, ${code}`;
      return new Fault("ProxyFailed", message, { cause: error });
    }
    // A connection that stands is lost only where CONNECT goes over it.
    if (code === "UND_ERR_SOCKET") return new Fault("ProxyFailed", "the proxy hung up", { cause: error });
    if (code === "UND_ERR_HEADERS_TIMEOUT") {
      return new Fault("ProxyFailed", "the proxy did not answer in time", { cause: error });
    }
    return fromUndici(error);
  };
}

/** Of an attempt to connect to it, or to find it. */
function isAbout(error: Error, { url }: ProxyAddress): boolean {
  const { syscall, port, hostname } = error as NodeJS.ErrnoException & { port?: number; hostname?: string };
  const ports: Readonly<Record<string, number>> = { "http:": 80, "https:": 443 };
  if (syscall === "getaddrinfo") return hostname === url.hostname;
  return syscall === "connect" && port === (url.port === "" ? ports[url.protocol] : Number(url.port));
}
