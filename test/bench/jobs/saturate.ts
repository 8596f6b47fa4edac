/**
 * Asks as much of the store as one process can: raw sockets, requests made beforehand, answers counted and never read. What it
 * reaches is the least that the store can do.
 */
import { connect, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { bodyOf, bucketsOf, keyOf, type SizeLabel, sizes, variants } from "../bodies.ts";

export interface SaturateOptions {
  readonly origin: string;
  readonly label: SizeLabel;
  readonly connections: number;
  /** Pairs of a GET and a PUT. */
  readonly objects: number;
}

/** The pairs that were answered whole. */
export async function saturate({ origin, label, connections, objects }: SaturateOptions): Promise<number> {
  const bodies = Array.from({ length: variants[label] }, (_, variant) => bodyOf(label, variant));
  const lengths = await answerLengths(origin, label, bodies);
  let next = 0;
  let done = 0;
  const one = async () => {
    const socket = await dial(origin);
    await new Promise<void>((resolve, reject) => {
      let index = -1;
      /** Bytes of the answer that is awaited which are still to come. */
      let left = 0;
      let putting = true;
      const ask = () => {
        const variant = index % bodies.length;
        if (putting) {
          if (index >= 0) done++;
          if (next >= objects) return resolve();
          index = next++;
          putting = false;
          left = lengths[index % bodies.length]!.get;
          socket.write(getHead(label, index), "latin1");
          return;
        }
        putting = true;
        left = lengths[variant]!.put;
        socket.cork();
        socket.write(putHead(label, index), "latin1");
        socket.write(bodies[variant]!);
        socket.uncork();
      };
      socket.on("error", reject);
      socket.on("close", () => reject(new Error("the store closed a connection")));
      socket.on("data", ({ length }) => {
        left -= length;
        if (left < 0) reject(new Error("the store answered more than was asked"));
        else if (left === 0) ask();
      });
      ask();
    });
    socket.removeAllListeners();
    socket.destroy();
  };
  await Promise.all(Array.from({ length: Math.min(connections, objects) }, one));
  return done;
}

const getHead = (label: SizeLabel, index: number) =>
  `GET /${keyOf(label, index)}?ci-process=originImage HTTP/1.1\r\nHost: ${bucketsOf.source}\r\n\r\n`;
const putHead = (label: SizeLabel, index: number) =>
  `PUT /${keyOf(label, index)} HTTP/1.1\r\nHost: ${bucketsOf.archive}\r\nContent-Length: ${sizes[label]}\r\n\r\n`;

function dial(origin: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const { protocol, hostname: host, port } = new URL(origin);
    const to = { port: Number(port), host, noDelay: true };
    const onOpened = () => resolve(socket.off("error", reject));
    const socket: Socket = protocol === "https:" ? connectTls(to, onOpened) : connect(to, onOpened);
    socket.once("error", reject);
  });
}

/** How long the answers are to each variant's GET and PUT, as the store says once. */
async function answerLengths(origin: string, label: SizeLabel, bodies: readonly Buffer[]) {
  const socket = await dial(origin);
  const lengths: { readonly get: number; readonly put: number }[] = [];
  for (const [variant, body] of bodies.entries()) {
    const get = await answerLength(socket, [Buffer.from(getHead(label, variant))]);
    lengths.push({ get, put: await answerLength(socket, [Buffer.from(putHead(label, variant)), body]) });
  }
  socket.destroy();
  return lengths;
}

function answerLength(socket: Socket, request: readonly Buffer[]): Promise<number> {
  return new Promise((resolve, reject) => {
    let seen = 0;
    let head = "";
    let whole = Number.POSITIVE_INFINITY;
    const heard = (chunk: Buffer) => {
      seen += chunk.length;
      if (whole === Number.POSITIVE_INFINITY) {
        head += chunk.toString("latin1");
        const end = head.indexOf("\r\n\r\n");
        if (end >= 0) whole = end + 4 + Number(/\r\ncontent-length: *(\d+)/i.exec(head)?.[1]);
      }
      if (seen < whole) return;
      socket.off("data", heard);
      socket.off("error", reject);
      resolve(whole);
    };
    socket.on("data", heard);
    socket.on("error", reject);
    for (const piece of request) socket.write(piece);
  });
}
