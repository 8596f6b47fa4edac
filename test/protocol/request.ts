/** Requests of a process: each waits until the search lets it take effect. */
import type { Headers } from "../../src/objects/bucket.ts";
import { digestOf } from "./digest.ts";

export type Where = "source" | "archive" | "ledger";

interface Asked {
  /** Counts the requests of its process. */
  readonly n: number;
  /** All that was asked, in short: two requests of the same are told the same. */
  readonly what: string;
}

export type StoreRequest = Asked & { readonly where: Where } & (
    | { readonly kind: "get" | "head"; readonly key: string }
    | { readonly kind: "restore"; readonly key: string }
    | { readonly kind: "list"; readonly prefix: string; readonly marker: string }
    | {
        readonly kind: "put";
        readonly key: string;
        readonly bytes: Buffer;
        readonly headers: Headers;
        readonly contentMd5: string | undefined;
        readonly forbidOverwrite: boolean;
      }
  );

export type QueueRequest = Asked & { readonly where: "queue" } & (
    | { readonly kind: "send"; readonly body: string; readonly delaySeconds: number }
    /** The message was acknowledged. */
    | { readonly kind: "delete" }
    | { readonly kind: "give-back"; readonly delaySeconds: number; readonly reason: string }
  );

export type Request = StoreRequest | QueueRequest;

/** `PUT ledger outcomes/0/…WXYZ-open~0`: attempts by the last letters of their ids. */
export function nameOf(request: Request): string {
  const shorter = (path: string) =>
    path
      .replace(/^runs\/[^/]+\//, "")
      .replace(/[0-9A-Z]{22}([0-9A-Z]{4})/g, "…$1")
      .replace(/0{3,}(?=\d)/g, "");
  switch (request.kind) {
    case "list":
      return `LIST ${request.where} ${shorter(request.prefix)}`;
    case "get":
    case "head":
    case "restore":
    case "put":
      return `${request.kind.toUpperCase()} ${request.where} ${shorter(request.key)}`;
    case "send":
      return `SEND ${messageName(request.body)}`;
    case "delete":
      return "acknowledges";
    case "give-back":
      return `gives back for ${request.delaySeconds} s`;
  }
}

export function whatOf(request: Without<Request, keyof Asked>): string {
  switch (request.kind) {
    case "get":
    case "head":
    case "restore":
      return `${request.kind} ${request.where} ${request.key}`;
    case "put":
      return `put ${request.where} ${request.key} ${digestOf(request.bytes)}`;
    case "list":
      return `list ${request.where} ${request.prefix} ${request.marker}`;
    case "send":
      return `send ${request.body} ${request.delaySeconds}`;
    case "delete":
      return "delete";
    case "give-back":
      return `give-back ${request.delaySeconds}`;
  }
}

/** Omit, of each alternative. */
export type Without<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;

/** Of a message: its type, and of a shard message which shard and hand-over. */
export function messageName(body: string): string {
  const { type, shard, seq } = JSON.parse(body) as { type: string; shard?: number; seq?: number };
  return type === "shard" ? `shard ${shard}.${seq}` : type;
}
