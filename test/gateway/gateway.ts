/** What stands between the client and the embedded COS: it passes requests on, or answers some of them itself, in words of its own. */
import { readFileSync } from "node:fs";
import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** Replies as they came over the wire somewhere (replies/NAME.http). */
export const replyOf = (name: string): Buffer => readFileSync(new URL(`replies/${name}.http`, import.meta.url));

/** Its status, headers and body; nothing is added but what keeps the connection. */
function send(reply: Buffer, outgoing: ServerResponse): void {
  const end = reply.indexOf("\r\n\r\n");
  const [first = "", ...lines] = reply.subarray(0, end).toString("latin1").split("\r\n");
  for (const line of lines)
    outgoing.appendHeader(line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 1).trim());
  outgoing.sendDate = false;
  outgoing.writeHead(Number(first.split(" ")[1])).end(reply.subarray(end + 4));
}

export type Gateway = Awaited<ReturnType<typeof openGateway>>;

/** @param url the emulator's */
export async function openGateway(url: string) {
  let answer: (request: IncomingMessage) => Buffer | undefined = () => undefined;
  let answered = 0;
  const emulator = new URL(url);
  const server = createServer((incoming, outgoing) => {
    const own = answer(incoming);
    if (own !== undefined) {
      answered++;
      incoming.resume().on("end", () => send(own, outgoing));
      return;
    }
    const { method, url: path, headers } = incoming;
    const onward = request({ host: emulator.hostname, port: emulator.port, method, path, headers }, (reply) => {
      outgoing.writeHead(reply.statusCode ?? 500, reply.headers);
      reply.pipe(outgoing);
    });
    onward.on("error", () => incoming.socket.destroy());
    incoming.pipe(onward);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    /** From now on answers what this names; undefined passes the request on. */
    answer(next: typeof answer) {
      answer = next;
      answered = 0;
    },
    /** Requests that it answered itself since. */
    answered: () => answered,
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(resolve));
    },
  };
}
