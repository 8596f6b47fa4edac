/**
 * The port over connections of our own. They are opened by undici; what goes over them is read and written here, which takes
 * half the processor time of undici's own client.
 */
import { ensureError } from "../../vocabulary/errors.ts";
import { Exchange } from "../exchange/exchange.ts";
import { type Http, type HttpOptions, httpLimits } from "../port/http.ts";
import { type Connections, createConnections } from "./connections.ts";
import { requestHead } from "./request-head.ts";

export function createWireHttp(options: HttpOptions = {}): Http {
  const limits = httpLimits(options);
  const byOrigin = new Map<string, Connections>();
  let closed = false;
  const connectionsTo = (origin: string): Connections => {
    let connections = byOrigin.get(origin);
    if (connections === undefined) {
      connections = createConnections(origin, limits);
      if (closed) connections.close();
      byOrigin.set(origin, connections);
    }
    return connections;
  };
  return {
    send(request, caller) {
      const exchange = new Exchange(request, caller);
      if (!exchange.begin()) return;
      let head: string;
      try {
        head = requestHead(request);
      } catch (error) {
        exchange.onError(ensureError(error));
        return;
      }
      connectionsTo(request.origin).send(exchange, head);
    },
    prepare: (origin) => connectionsTo(origin).prepare(),
    close: async () => {
      closed = true;
      for (const connections of byOrigin.values()) connections.close();
    },
  };
}
