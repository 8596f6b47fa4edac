/**
 * A server for people and programs beside this process. On loopback a page of the web may not read it: its requests name another host (DNS
 * rebinding), or another origin, and are refused. Elsewhere whoever reaches it may, which is for who says so to decide.
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { ensureError, UserError } from "../../../vocabulary/errors.ts";
import { isLoopback } from "../../../vocabulary/loopback.ts";

export interface HttpDoor {
  readonly port: number;
  close(): Promise<void>;
}

export interface HttpDoorOptions {
  /** As in a URL: an IPv6 address in brackets. */
  readonly host: string;
  /** 0: any that is free. */
  readonly port: number;
  /** What to do where it is taken: `say another with --listen`. */
  readonly otherwise: string;
  /** Headers of every reply, of a refusal too. */
  readonly headers: Readonly<Record<string, string>>;
  /** `path` is without its query. */
  readonly answer: (path: string, response: ServerResponse, refuse: (status: number, why: string) => void) => void;
}

/** Throws UserError `PortInUse` where it can't be listened there. */
export async function openHttpDoor(options: HttpDoorOptions): Promise<HttpDoor> {
  const { host, port, headers } = options;
  let hosts: ReadonlySet<string> | undefined;
  const server = createServer((request: IncomingMessage, response: ServerResponse) => {
    const refuse = (status: number, why: string) => {
      response.writeHead(status, { ...headers, "content-type": "text/plain; charset=utf-8" }).end(`${why}\n`);
    };
    const asked = request.headers.host;
    const { origin } = request.headers;
    if (hosts !== undefined && (asked === undefined || !hosts.has(asked)))
      return refuse(421, "This is asked for by another name than its own.");
    if (origin !== undefined && !hosts?.has(origin.replace(/^http:\/\//, "")))
      return refuse(403, "Asked by another page.");
    if (request.method !== "GET") return refuse(405, "It can be read, and no more.");
    const [path = "/"] = (request.url ?? "/").split("?");
    options.answer(path, response, refuse);
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", (thrown: NodeJS.ErrnoException) => {
      const why =
        thrown.code === "EADDRINUSE"
          ? "is taken by another process"
          : `can't be listened on: ${ensureError(thrown).message}`;
      reject(new UserError("PortInUse", `Port ${port} of ${host} ${why}; ${options.otherwise}.`));
    });
    server.listen(port, host.replace(/^\[|\]$/g, ""), resolve);
  });
  const { port: own } = server.address() as AddressInfo;
  if (isLoopback(host)) hosts = new Set([host, "127.0.0.1", "localhost", "[::1]"].map((name) => `${name}:${own}`));
  return {
    port: own,
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
}
