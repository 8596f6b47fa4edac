/** A webhook's receiver, as somebody would write one: it checks the signature by the document's own words, and keeps what it took. */
import { createHmac, timingSafeEqual } from "node:crypto";
import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";

export const secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

export interface ReceivedEvent {
  readonly id: string;
  readonly type: string;
  readonly source: string;
  readonly subject?: string;
  readonly data: Readonly<Record<string, unknown>>;
}

export interface ReceivedPost {
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  readonly signed: boolean;
}

export interface Receiver {
  readonly url: string;
  readonly posts: ReceivedPost[];
  /** Of the posts that were answered with a success, in the order of their coming. */
  readonly events: ReceivedEvent[];
  /** What the next posts are answered with, by their number from 1; 204 where nothing is said. */
  answer: (post: number) => number;
  close(): Promise<void>;
}

/** https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md, "Verifying webhook authenticity" */
export function isSigned({ headers, body }: Pick<ReceivedPost, "headers" | "body">, by = secret): boolean {
  const key = Buffer.from(by.slice("whsec_".length), "base64");
  const content = `${headers["webhook-id"]}.${headers["webhook-timestamp"]}.${body}`;
  const expected = createHmac("sha256", key).update(content).digest();
  return String(headers["webhook-signature"])
    .split(" ")
    .some((each) => {
      const [version, base64 = ""] = each.split(",");
      const given = Buffer.from(base64, "base64");
      return version === "v1" && given.length === expected.length && timingSafeEqual(given, expected);
    });
}

export async function openReceiver(): Promise<Receiver> {
  const posts: ReceivedPost[] = [];
  const events: ReceivedEvent[] = [];
  const server = createServer((request, response) => {
    let body = "";
    request.setEncoding("utf8").on("data", (chunk: string) => {
      body += chunk;
    });
    request.on("end", () => {
      const { url = "", headers } = request;
      posts.push({ url, headers, body, signed: isSigned({ headers, body }) });
      const status = receiver.answer(posts.length);
      if (status < 300) events.push(...[JSON.parse(body)].flat());
      response.writeHead(status).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const receiver: Receiver = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hooks/originals`,
    posts,
    events,
    answer: () => 204,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
  return receiver;
}
