/**
 * undici's agents for one transport: through the proxy that the environment names, but for what is on this machine. undici is imported at
 * the first request: who uses a queue in memory has no need of it.
 */
import type { Agent, Dispatcher } from "undici";
import { type Environment, proxiesOf } from "../../http/proxies.ts";
import { isLoopback } from "../../vocabulary/loopback.ts";

export interface Dispatchers {
  to(url: URL): Promise<Dispatcher>;
  /** What is in flight fails. */
  destroy(): void;
}

interface Agents {
  readonly direct: Dispatcher;
  readonly proxied: Dispatcher;
}

/** @throws UserError `InvalidProxy` */
export function openDispatchers(env: Environment, options: Agent.Options = {}): Dispatchers {
  const proxies = proxiesOf(env);
  let opening: Promise<Agents> | undefined;
  let destroyed = false;
  const open = async (): Promise<Agents> => {
    const { Agent } = await import("undici");
    const direct = new Agent(options);
    if (proxies === undefined) return { direct, proxied: direct };
    const { openProxied } = await import("../../http/open-proxied.ts");
    return { direct, proxied: openProxied(proxies, options) };
  };
  const end = ({ direct, proxied }: Agents) => {
    void direct.destroy();
    if (proxied !== direct) void proxied.destroy();
  };
  return {
    async to({ hostname }) {
      opening ??= open();
      const agents = await opening;
      if (destroyed) end(agents);
      return isLoopback(hostname) ? agents.direct : agents.proxied;
    },
    destroy() {
      destroyed = true;
      void opening?.then(end, () => undefined);
    },
  };
}
