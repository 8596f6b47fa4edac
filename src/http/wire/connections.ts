/**
 * The connections to one origin: at most so many, the one that has rested longest is used first, so that what comes too late over
 * one is mostly found out before it is used again (reuse.ts). An exchange beyond them waits its turn.
 */
import type { Socket } from "node:net";
import { systemClock } from "../../vocabulary/clock.ts";
import type { Log } from "../../vocabulary/log.ts";
import type { Exchange } from "../exchange/exchange.ts";
import { clientClosed, connectionEnded, surplusText } from "../exchange/fault.ts";
import type { ReadMemory } from "../exchange/read-memory.ts";
import { fromUndici } from "../exchange/undici-errors.ts";
import { Connection, type ConnectionLimits } from "./connection.ts";
import { connector } from "./connector.ts";
import { usedOnce } from "./request-head.ts";
import { createReuse } from "./reuse.ts";

export interface Connections {
  /** @param head of the request, Latin-1 */
  send(exchange: Exchange, head: string): void;
  /** Opens the first, if there is none, for what is soon to be sent. */
  prepare(): void;
  /** Closes them all, at once; what is under way or waits fails with `ClientClosed`. */
  close(): void;
}

export interface ConnectionsOptions extends ConnectionLimits {
  /** At most. */
  readonly connections: number;
  readonly connectMs: number;
  readonly log: Log;
}

interface Waiting {
  readonly exchange: Exchange;
  readonly head: string;
}

/** Looks at what has waited for too long so often, or four times within the shortest limit. */
const LOOK_MS = 1_000;

export function createConnections(origin: string, options: ConnectionsOptions): Connections {
  const { connections: most, headersMs, bodyIdleMs, log } = options;
  const connect = connector(origin, options.connectMs);
  const all = new Set<Connection>();
  const free: Connection[] = [];
  const resting = new Set<Connection>();
  const reuse = createReuse();
  const waiting: Waiting[] = [];
  /** Those that a connection must carry that was never used. */
  const afresh: Waiting[] = [];
  /** A kept connection was found closed: what can't be sent again does not go over one any more. */
  let stale = false;
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
  const nextOf = (queue: Waiting[]): Waiting | undefined => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      if (!next.exchange.settled) return next;
    }
    return undefined;
  };
  const carry = (connection: Connection, exchange: Exchange, head: string) => {
    // A process that has nothing else to do may end while connections are idle. It is kept alive by the watch, because to tell
    // each connection so, for each exchange, is a call out of JavaScript.
    if (busy++ === 0) watch?.ref();
    connection.carry(exchange, reuse.allowed ? head : usedOnce(head));
  };
  /** It carries what waits, or is free. */
  const offer = (connection: Connection, isNew: boolean) => {
    const next = (isNew ? nextOf(afresh) : undefined) ?? (isInTheWay() ? undefined : nextOf(waiting));
    if (next === undefined) putBack(connection);
    else carry(connection, next.exchange, next.head);
  };
  /** There may be no more connections, and something must go over a new one. */
  const isInTheWay = () => afresh.length > opening && all.size + opening >= most;
  const putBack = (connection: Connection) => {
    if (isInTheWay()) connection.close(connectionEnded());
    else free.push(connection);
  };
  const afterRest = (connection: Connection) => {
    if (!resting.delete(connection)) return;
    reuse.rested();
    offer(connection, false);
  };
  const done = () => {
    if (--busy === 0) watch?.unref();
  };
  const owner = {
    get reuses() {
      return reuse.allowed;
    },
    onFree(connection: Connection) {
      const { restMs } = reuse;
      if (restMs > 0) {
        done();
        resting.add(connection);
        // Timers of a busy process are late, and come before what has arrived meanwhile is read: it is heard first.
        setTimeout(() => setImmediate(() => afterRest(connection)), restMs);
        return;
      }
      const next = waiting.length === 0 || isInTheWay() ? undefined : nextOf(waiting);
      if (next !== undefined) connection.carry(next.exchange, next.head);
      else {
        done();
        putBack(connection);
      }
    },
    onStale(exchange: Exchange, head: string) {
      stale = true;
      if (closed || !exchange.repeatable) return false;
      afresh.push({ exchange, head });
      return true;
    },
    onSurplus() {
      // Those that carry something now are closed before they could be heard to bring more.
      for (const connection of all) connection.disbelieve();
      if (!reuse.surplus()) return;
      log.warn(surplusText, { origin });
      for (const connection of [...free, ...resting]) connection.close(connectionEnded());
    },
    onGone(connection: Connection, carried: boolean) {
      all.delete(connection);
      if (carried) done();
      resting.delete(connection);
      const at = free.lastIndexOf(connection);
      if (at >= 0) free.splice(at, 1);
      // Its place is another's.
      open();
    },
  };
  const onOpened = (error: Error | null, socket: Socket | null, memory: ReadMemory) => {
    opening--;
    if (error !== null || socket === null) {
      const next = nextOf(afresh) ?? nextOf(waiting);
      next?.exchange.onError(error === null ? new Error("there is no connection") : fromUndici(error));
      open();
      return;
    }
    if (closed) {
      socket.destroy();
      return;
    }
    const connection = new Connection(socket, memory, owner, { headersMs, bodyIdleMs });
    all.add(connection);
    watch ??= setInterval(look, Math.min(LOOK_MS, headersMs / 4, bodyIdleMs / 4)).unref();
    offer(connection, true);
  };
  /** One for each that waits, as far as there may be. */
  const open = () => {
    while (!closed && opening < waiting.length + afresh.length && all.size + opening < most) {
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
      if (stale && exchange.upload !== undefined) {
        afresh.push({ exchange, head });
        if (isInTheWay()) free.shift()?.close(connectionEnded());
        open();
        return;
      }
      const connection = free.shift();
      if (connection !== undefined) carry(connection, exchange, head);
      else {
        waiting.push({ exchange, head });
        open();
      }
    },
    prepare() {
      if (closed || all.size + opening > 0) return;
      opening++;
      connect(onOpened);
    },
    close() {
      closed = true;
      clearInterval(watch);
      for (const connection of [...all]) connection.close(clientClosed());
      for (const { exchange } of [...afresh.splice(0), ...waiting.splice(0)]) exchange.onError(clientClosed());
    },
  };
}
