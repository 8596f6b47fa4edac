/** The port as a process's environment has it. */
import { createDeferredHttp } from "./deferred.ts";
import type { CreateHttp } from "./port/http.ts";
import { type Environment, proxiesOf } from "./proxies.ts";
import { createWireHttp } from "./wire/client.ts";

/**
 * Connections of our own; and undici's where a proxy is named, whose code is imported then alone, at the first request.
 *
 * @throws UserError `InvalidProxy`
 */
export function httpOf(environment: Environment): CreateHttp {
  const proxies = proxiesOf(environment);
  if (proxies === undefined) return createWireHttp;
  return createDeferredHttp(async () => {
    const { createProxiedHttp } = await import("./proxied.ts");
    return createProxiedHttp(proxies, createWireHttp);
  });
}
