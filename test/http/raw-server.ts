/** A server of bytes, for replies that no HTTP library would send. */
import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { onTestFinished } from "vitest";

export interface RawServer {
  /** `http://127.0.0.1:PORT` */
  readonly origin: string;
  /** Connections accepted so far. */
  connections(): number;
}

/** Listens until the test is over. `answer` is called when something has come on a connection, and with how manieth it is. */
export async function rawServer(
  answer: (socket: Socket, connection: number, data: Buffer) => void,
): Promise<RawServer> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    const connection = sockets.size;
    socket.on("error", () => {});
    socket.once("data", (data) => answer(socket, connection, data));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  return { origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, connections: () => sockets.size };
}

/** The same, for clients that send a small request and wait for its reply: `answer` is called for each, with its target. */
export function rawRequests(answer: (socket: Socket, target: string, connection: number) => void): Promise<RawServer> {
  return rawServer((socket, connection, data) => {
    const read = (head: Buffer) => answer(socket, head.toString("latin1").split(" ")[1] ?? "", connection);
    socket.on("data", read);
    read(data);
  });
}

/** An address that nothing listens at. */
export async function deadOrigin(): Promise<string> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return `http://127.0.0.1:${port}`;
}
