/** Opens the connections to one origin by undici's connector: TCP, TLS with its sessions, a time limit. */
import type { Socket } from "node:net";
import { buildConnector } from "undici";
import { ReadMemory } from "../exchange/read-memory.ts";
import { serverNameOf } from "../exchange/server-name.ts";

export type OnOpened = (error: Error | null, socket: Socket | null, memory: ReadMemory) => void;

/** Opens connections one by one, as each reads to memory of its own. */
export function connector(origin: string, timeout: number): (onOpened: OnOpened) => void {
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
