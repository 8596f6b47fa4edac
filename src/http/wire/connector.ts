/** Opens the connections to one origin: TCP, TLS with its sessions, a time limit. */
import { connect as connectTcp, type Socket } from "node:net";
import { connect as connectTls, createSecureContext, type SecureContext } from "node:tls";
import { Fault } from "../exchange/fault.ts";
import { ReadMemory } from "../exchange/read-memory.ts";
import { serverNameOf } from "../exchange/server-name.ts";

export type OnOpened = (error: Error | null, socket: Socket | null, memory: ReadMemory) => void;

/** So much is read ahead of who is not ready for it; a TLS record holds no more than the second, bytes. */
const READ_AHEAD = 64 * 1024;
const READ_AHEAD_TLS = 16 * 1024;
/** Idle for so long, the system asks whether the peer is there, milliseconds. */
const KEEP_ALIVE_MS = 60_000;

/** Opens connections one by one, as each reads to memory of its own. */
export function connector(origin: string, timeout: number): (onOpened: OnOpened) => void {
  const { hostname: named, port: said, protocol } = new URL(origin);
  // An IPv6 address stands in brackets in a URL only.
  const host = named.replace(/^\[|\]$/g, "");
  const isTls = protocol === "https:";
  const port = said === "" ? (isTls ? 443 : 80) : Number(said);
  const servername = serverNameOf(named);
  /** What is trusted, and by which ciphers: one for all, as to make it takes a good part of a handshake's time. */
  let secureContext: SecureContext | undefined;
  /** Of the last TLS handshake, which the next one goes on with. */
  let session: Buffer | undefined;

  const open = ({ onread }: ReadMemory): Socket => {
    // Both take what streams and sockets do, which their types don't say.
    const socket = { highWaterMark: isTls ? READ_AHEAD_TLS : READ_AHEAD, onread };
    if (!isTls) return connectTcp({ ...socket, host, port });
    secureContext ??= createSecureContext();
    const tls = { secureContext, session, servername, ALPNProtocols: ["http/1.1"] };
    const secured = connectTls({ ...socket, ...tls, host, port });
    secured.on("session", (latest: Buffer) => {
      session = latest;
    });
    return secured;
  };
  return (onOpened) => {
    const memory = new ReadMemory();
    const socket = open(memory);
    socket.setKeepAlive(true, KEEP_ALIVE_MS);
    socket.setNoDelay(true);
    const late = setTimeout(() => {
      socket.destroy(new Fault("ConnectTimeout", `no connection to ${host}:${port} within ${timeout} ms`));
    }, timeout).unref();
    let settled = false;
    const settle = (error: Error | null) => {
      clearTimeout(late);
      if (settled) return;
      settled = true;
      onOpened(error, error === null ? socket : null, memory);
    };
    socket.once(isTls ? "secureConnect" : "connect", () => settle(null));
    // What happens to it later is for who has it by then.
    socket.on("error", settle);
  };
}
