/**
 * The connections to one origin: at most so many, the one that was used last is used first, so that the others grow idle and
 * close. An exchange beyond them waits its turn. undici's connector opens them (TCP, TLS, its sessions and time limit).
 */
import type { Socket } from "node:net";
import { buildConnector } from "undici";
import { systemClock } from "../../vocabulary/clock.ts";
import type { Exchange } from "../exchange/exchange.ts";
import { clientClosed } from "../exchange/fault.ts";
import { ReadMemory } from "../exchange/read-memory.ts";
import { serverNameOf } from "../exchange/server-name.ts";
import { fromUndici } from "../exchange/undici-errors.ts";
import { Connection, type ConnectionLimits } from "./connection.ts";

export interface Connections {
  /** @param head of the request, Latin-1 */
  send(exchange: Exchange, head: string): void;
  /** Closes them all, at once; what is under way or waits fails with `ClientClosed`. */
  close(): void;
}

export interface ConnectionsOptions extends ConnectionLimits {
  /** At most. */
  readonly connections: number;
  readonly connectMs: number;
}

interface Waiting {
  readonly exchange: Exchange;
  readonly head: string;
}

/** Looks at what has waited for too long so often, or four times within the shortest limit. */
const LOOK_MS = 1_000;

export function createConnections(origin: string, options: ConnectionsOptions): Connections {
  const { connections: most, headersMs, bodyIdleMs } = options;
  const connect = connector(origin, options.connectMs);
  const all = new Set<Connection>();
  const free: Connection[] = [];
  const waiting: Waiting[] = [];
  /** Being opened. */
  let opening = 0;
  /** Connections that carry an exchange. */
  let busy = 0;
  let closed = false;
  let watch: NodeJS.Timeout | undefined;

  const look = () => {
    const now = systemClock.elapsed();
    for (const connection of all) connection.check(now);
    if (all.size === 0) {
      clearInterval(watch);
      watch = undefined;
    }
  };
  /** Those that were given up while they waited are not sent. */
  const nextWaiting = (): Waiting | undefined => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      if (!next.exchange.settled) return next;
    }
    return undefined;
  };
  const carry = (connection: Connection, exchange: Exchange, head: string) => {
    // A process that has nothing else to do may end while connections are idle. It is kept alive by the watch, because to tell
    // each connection so, for each exchange, is a call out of JavaScript.
    if (busy++ === 0) watch?.ref();
    connection.carry(exchange, head);
  };
  const rest = () => {
    if (--busy === 0) watch?.unref();
  };
  const owner = {
    onFree(connection: Connection) {
      const next = waiting.length === 0 ? undefined : nextWaiting();
      if (next !== undefined) connection.carry(next.exchange, next.head);
      else {
        free.push(connection);
        rest();
      }
    },
    onGone(connection: Connection, carried: boolean) {
      all.delete(connection);
      if (carried) rest();
      const at = free.lastIndexOf(connection);
      if (at >= 0) free.splice(at, 1);
      // Its place is another's.
      if (waiting.length > 0) open();
    },
  };
  const onOpened = (error: Error | null, socket: Socket | null, memory: ReadMemory) => {
    opening--;
    if (error !== null || socket === null) {
      nextWaiting()?.exchange.onError(error === null ? new Error("there is no connection") : fromUndici(error));
      if (waiting.length > 0) open();
      return;
    }
    if (closed) {
      socket.destroy();
      return;
    }
    const connection = new Connection(socket, memory, owner, { headersMs, bodyIdleMs });
    all.add(connection);
    watch ??= setInterval(look, Math.min(LOOK_MS, headersMs / 4, bodyIdleMs / 4)).unref();
    const next = nextWaiting();
    if (next === undefined) free.push(connection);
    else carry(connection, next.exchange, next.head);
  };
  /** One for each that waits, as far as there may be. */
  const open = () => {
    while (!closed && opening < waiting.length && all.size + opening < most) {
      opening++;
      connect(onOpened);
    }
  };

  return {
    send(exchange, head) {
      if (closed) {
        exchange.onError(clientClosed());
        return;
      }
      const connection = free.pop();
      if (connection !== undefined) carry(connection, exchange, head);
      else {
        waiting.push({ exchange, head });
        open();
      }
    },
    close() {
      closed = true;
      clearInterval(watch);
      for (const connection of [...all]) connection.close(clientClosed());
      for (const { exchange } of waiting.splice(0)) exchange.onError(clientClosed());
    },
  };
}

type OnOpened = (error: Error | null, socket: Socket | null, memory: ReadMemory) => void;

/** Opens connections one by one, as each reads to memory of its own. */
function connector(origin: string, timeout: number): (onOpened: OnOpened) => void {
  const { hostname: named, port, protocol } = new URL(origin);
  // An IPv6 address stands in brackets in a URL only.
  const hostname = named.replace(/^\[|\]$/g, "");
  const servername = serverNameOf(named);
  const to = protocol === "https:" ? { hostname, port, protocol, servername } : { hostname, port, protocol };
  /** Of the last TLS handshake, which the next one goes on with. */
  let session: Buffer | undefined;
  return (onOpened) => {
    const memory = new ReadMemory();
    const connect = buildConnector({ timeout, onread: memory.onread, ...(session && { session }) });
    connect(to, (...[error, socket]) => {
      socket?.on("session", (latest: Buffer) => {
        session = latest;
      });
      onOpened(error, socket, memory);
    });
  };
}
