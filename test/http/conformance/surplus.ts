/** Replies that nobody asked for: a proxy sends each reply twice, or one of them again. */
import { expect, test, vi } from "vitest";
import type { HttpReply } from "../../../src/http/port/http.ts";
import type { Log } from "../../../src/vocabulary/log.ts";
import { rawRequests } from "../raw-server.ts";
import { bytesOf, type OpenClient, request } from "./client.ts";

/** On a busy machine what is sure to come comes late. */
const WHENEVER = { timeout: 60_000 };

const ok = (body: string) => `HTTP/1.1 200 OK\r\ncontent-length: ${body.length}\r\n\r\n${body}`;

/** Answers each request with its target, and 1 to 10 ms later with something else. */
export function answersTwice() {
  let late = 0;
  return rawRequests((socket, target) => {
    socket.write(ok(target));
    setTimeout(() => socket.write(ok("evil")), 1 + (late++ % 10));
  });
}

/** A hundred replies, four under way at once, with the target of each. */
export async function hundredReplies(open: OpenClient, server: { readonly origin: string }) {
  const http = open({ connections: 4 });
  const replies: (readonly [target: string, reply: HttpReply])[] = [];
  const worker = async (from: number) => {
    for (let n = from; n < 100; n += 4) replies.push([`/${n}`, await http.send(request(server, { target: `/${n}` }))]);
  };
  await Promise.all([0, 1, 2, 3].map(worker));
  return { replies, wrong: replies.filter(([target, reply]) => bytesOf(reply).toString() !== target) };
}

export function surplus(open: OpenClient): void {
  test("takes the standing of what its connection brought, is told once, and connections are used once", async () => {
    const server = await rawRequests((socket, target, connection) => {
      // The second reply to one request is there when the next one comes.
      socket.write(target === "/1" && connection === 1 ? ok("evil") + ok(target) : ok(target));
    });
    const told: string[] = [];
    const log: Log = { info() {}, error() {}, warn: (message) => void told.push(message) };
    const http = open({ connections: 1, log });
    const send = (target: string) => http.send(request(server, { target }));
    expect(bytesOf(await send("/0")).toString()).toBe("/0");
    const second = await send("/1");
    expect(bytesOf(second).toString(), "which nobody can tell from the right one").toBe("evil");
    await vi.waitFor(() => expect(second.standing?.believed).toBe(false), WHENEVER);
    for (const target of ["/1", "/2", "/3"]) {
      const reply = await send(target);
      expect(bytesOf(reply).toString()).toBe(target);
      expect(reply.standing).toBeUndefined();
    }
    expect(server.connections()).toBe(4);
    expect(told).toEqual([expect.stringContaining("used once")]);
  });

  test("leaves no reply believed that is another's, however late it comes", async () => {
    const { replies, wrong } = await hundredReplies(open, await answersTwice());
    expect(replies).toHaveLength(100);
    await vi.waitFor(() => {
      for (const [, { standing }] of wrong) expect(standing?.believed).toBe(false);
    }, WHENEVER);
  });
}
