/** A proxy of a few lines: CONNECT, and the absolute form (RFC 9112, 3.2). It notes what it was asked, and by whom. */
import { createServer, request } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";

export interface ProxyServer {
  /** `http://127.0.0.1:PORT` */
  readonly url: string;
  /** `CONNECT host:port`, or `GET http://host:port`, one a request. */
  readonly asked: string[];
  /** Proxy-Authorization of each. */
  readonly authorizations: (string | undefined)[];
  close(): Promise<void>;
}

/** @param dial where it connects instead of to this `host:port` */
export async function openProxy(dial: (host: string) => string = (host) => host): Promise<ProxyServer> {
  const asked: string[] = [];
  const authorizations: (string | undefined)[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((incoming, outgoing) => {
    const target = new URL(incoming.url ?? "");
    asked.push(`${incoming.method} ${target.origin}`);
    const { "proxy-authorization": authorization, ...headers } = incoming.headers;
    authorizations.push(authorization);
    const { hostname, port } = new URL(`http://${dial(target.host)}`);
    const { method } = incoming;
    const onward = request({ hostname, port, method, path: target.pathname + target.search, headers }, (reply) => {
      outgoing.writeHead(reply.statusCode ?? 502, reply.headers);
      reply.pipe(outgoing);
    });
    onward.on("error", () => outgoing.destroy());
    incoming.pipe(onward);
  });
  server.on("connection", (socket) => sockets.add(socket));
  server.on("connect", (incoming, outside: Socket) => {
    asked.push(`CONNECT ${incoming.url}`);
    authorizations.push(incoming.headers["proxy-authorization"]);
    const { hostname, port } = new URL(`http://${dial(incoming.url ?? "")}`);
    const inside = connect(Number(port), hostname, () => {
      outside.write("HTTP/1.1 200 Connection Established\r\n\r\n");
      outside.pipe(inside).pipe(outside);
    });
    sockets.add(inside);
    outside.on("error", () => inside.destroy());
    inside.on("error", () => outside.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    authorizations,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
