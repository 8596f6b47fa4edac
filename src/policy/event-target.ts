/** Where messages out go, a webhook or a queue, and which of them a message may name. Pure. */
import { pattern } from "./allow-list.ts";

/** What a target is told: each archived object, or that a run ended. */
export const targetRoles = ["events", "notify"] as const;
export type TargetRole = (typeof targetRoles)[number];

export interface EventTarget {
  readonly kind: "webhook" | "sqs" | "tdmq";
  /** Of the webhook, or of the queue as its service shows it. */
  readonly url: URL;
}

/** `https://HOST/PATH`, `sqs:URL` or `tdmq:URL`; else what is wrong, as the end of the sentence `--events "…" …`. */
export function readTarget(text: string): EventTarget | { readonly fault: string } {
  const [, scheme, rest = ""] = /^(?:(sqs|tdmq):)?(https?:\/\/.*)$/is.exec(text) ?? [];
  const kind = scheme === undefined ? "webhook" : scheme.toLowerCase() === "sqs" ? "sqs" : "tdmq";
  if (!URL.canParse(rest)) return { fault: "is none of https://HOST/PATH, sqs:URL and tdmq:URL" };
  const url = new URL(rest);
  if (url.username !== "" || url.password !== "") return { fault: "holds a user name or password, and it must not" };
  if (url.hash !== "") return { fault: "has a fragment, and it must not" };
  if (kind !== "webhook" && url.pathname.length < 2) return { fault: "names no queue in the path of its URL" };
  return { kind, url };
}

export const isTarget = (text: string): boolean => !("fault" in readTarget(text));

/** As people are told of it: what stands behind a webhook's host may be as good as a password. */
export function targetName(text: string): string {
  const read = readTarget(text);
  if ("fault" in read) return "no target";
  const { kind, url } = read;
  return kind === "webhook" ? url.origin : `${kind}:${url.origin}${url.pathname}`;
}

/** A target that a message may name in that role: this one, or with `*` for any part of its host and path all that begin so. */
export interface AllowedTarget {
  readonly role: TargetRole;
  readonly text: string;
  readonly is: "exact" | "pattern";
}

/** `events=https://*.example.com/hooks/`, `notify=sqs:https://sqs.eu-west-1.amazonaws.com/123456789012/`; undefined where it is none. */
export function parseAllowedTarget(text: string): AllowedTarget | undefined {
  const [, said, target = ""] = /^(\w+)=(.*)$/s.exec(text) ?? [];
  const role = targetRoles.find((each) => each === said);
  if (role === undefined || !/^(?:(?:sqs|tdmq):)?https?:\/\/[^/?#@\s]+(?:\/[^?#\s]*)?$/.test(target)) return undefined;
  return { role, text: target, is: "pattern" };
}

/** None of a role that nothing is said of: what a message names is dialled, and signed. */
export function isAllowedTarget(list: readonly AllowedTarget[], role: TargetRole, text: string): boolean {
  const read = readTarget(text);
  if ("fault" in read) return false;
  return list.some((each) => each.role === role && (each.is === "exact" ? each.text === text : holds(each.text, read)));
}

function holds(allowed: string, { kind, url }: EventTarget): boolean {
  const [, queue, scheme, host = "", path = "/"] = /^(?:(sqs|tdmq):)?(https?:)\/\/([^/]+)(\/.*)?$/.exec(allowed) ?? [];
  if ((queue ?? "webhook") !== kind || scheme !== url.protocol) return false;
  return pattern(host.toLowerCase(), "[a-z0-9.-]*", "$").test(url.host) && pattern(path, ".*", "").test(url.pathname);
}
