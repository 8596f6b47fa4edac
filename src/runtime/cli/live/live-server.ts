/**
 * A page on loopback that is put in anew while somebody looks at it, by server-sent events
 * (https://html.spec.whatwg.org/multipage/server-sent-events.html). Whoever may connect to this machine's loopback may read it; a page of the web may
 * not (http-door.ts).
 */
import type { ServerResponse } from "node:http";
import { type HttpDoorOptions, openHttpDoor } from "../metrics/http-door.ts";

export interface LivePage {
  /** The whole page. */
  readonly html: string;
  /** What its script puts in anew: JSON on one line. */
  readonly news: string;
}

export interface LiveServer {
  /** `http://127.0.0.1:PORT/` */
  readonly address: string;
  /** From now on this is the page, to those who look at it already as well. */
  show(page: LivePage): void;
  /** Resolves once somebody looks at it: at once where somebody does; never rejects. */
  viewer(signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

/** Pages that are open at once. */
const MOST_VIEWERS = 32;

/** Nothing is kept anywhere, and nobody may frame it or learn of it. */
const headers = {
  "cache-control": "no-store",
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
  "referrer-policy": "no-referrer",
  "cross-origin-resource-policy": "same-origin",
} as const;

/**
 * Throws UserError `PortInUse` where the port can't be listened on.
 * @param port 0 for any that is free
 */
export async function startLiveServer(port: number, first: LivePage): Promise<LiveServer> {
  let page = first;
  const viewers = new Set<ServerResponse>();
  const waiting = new Set<() => void>();
  /** Who has not read the last page yet, as a tab that sleeps, gets the newest once it has: pages would lie in memory for as long. */
  const late = new Set<ServerResponse>();

  const tell = (viewer: ServerResponse) => {
    if (viewer.writableNeedDrain) late.add(viewer);
    // A browser that lost the connection comes again after three seconds.
    else viewer.write(`retry: 3000\nevent: page\ndata: ${page.news}\n\n`);
  };
  const leave = (viewer: ServerResponse) => {
    viewers.delete(viewer);
    late.delete(viewer);
  };

  const answer: HttpDoorOptions["answer"] = (path, response, refuse) => {
    if (path === "/") {
      response.writeHead(200, { ...headers, "content-type": "text/html; charset=utf-8" }).end(page.html);
    } else if (path !== "/events") refuse(404, "There is one page here, at /.");
    else if (viewers.size >= MOST_VIEWERS) refuse(503, "The page is open too often.");
    else {
      response.writeHead(200, { ...headers, "content-type": "text/event-stream" });
      viewers.add(response);
      response.on("close", () => leave(response));
      response.on("error", () => leave(response));
      response.on("drain", () => {
        if (late.delete(response)) tell(response);
      });
      tell(response);
      for (const wake of waiting) wake();
    }
  };

  const door = await openHttpDoor({
    host: "127.0.0.1",
    port,
    headers,
    otherwise: "say another, or --serve alone for any that is free",
    answer,
  });

  return {
    address: `http://127.0.0.1:${door.port}/`,
    show(next) {
      page = next;
      for (const viewer of viewers) tell(viewer);
    },
    viewer: (signal) =>
      new Promise((resolve) => {
        if (viewers.size > 0 || signal.aborted) return resolve();
        const wake = () => {
          waiting.delete(wake);
          signal.removeEventListener("abort", wake);
          resolve();
        };
        waiting.add(wake);
        signal.addEventListener("abort", wake, { once: true });
      }),
    async close() {
      for (const viewer of viewers) viewer.end("event: left\ndata: {}\n\n");
      await door.close();
    },
  };
}
