/** undici's agents for one transport: through the proxy that the environment names, but for what is on this machine. */
import { Agent, type Dispatcher } from "undici";
import { type Environment, openProxied, proxiesOf } from "../../http/proxies.ts";
import { isLoopback } from "../../vocabulary/loopback.ts";

export interface Dispatchers {
  to(url: URL): Dispatcher;
  /** What is in flight fails. */
  destroy(): void;
}

/** @throws UserError `InvalidProxy` */
export function openDispatchers(env: Environment, options: Agent.Options = {}): Dispatchers {
  const proxies = proxiesOf(env);
  const direct = new Agent(options);
  const proxied = proxies === undefined ? direct : openProxied(proxies, options);
  return {
    to: ({ hostname }) => (isLoopback(hostname) ? direct : proxied),
    destroy() {
      void direct.destroy();
      if (proxied !== direct) void proxied.destroy();
    },
  };
}
