import { readFileSync } from "node:fs";
import { readSettings, type Settings } from "../../../src/config/read.ts";
import type { Answer, Delivery, HandleDelivery, Sender } from "../../../src/run/messages/delivery.ts";
import type { Log } from "../../../src/vocabulary/log.ts";

/** One of the payloads in events/, as the platform would send it. */
export function eventOf(name: string): unknown {
  return JSON.parse(readFileSync(new URL(`../../../events/${name}.json`, import.meta.url), "utf8"));
}

export const environment = {
  TENCENTCLOUD_SECRETID: "AKIDtest",
  TENCENTCLOUD_SECRETKEY: "test-key",
  ORIGINALS_SOURCE: "cos://demo-1250000000/2026/",
  ORIGINALS_ARCHIVE: "cos://archive-1250000000/photos/",
  ORIGINALS_REGION: "ap-guangzhou",
} as const;

export function settingsOf(more: Readonly<Record<string, string>> = {}): Settings {
  return readSettings({ environment: { ...environment, ...more } });
}

export interface Handled extends Delivery {
  readonly sender: Sender;
}

/** A handler that notes what it is given and answers as told. */
export function notingHandler(answerTo: (delivery: Delivery, index: number) => Answer | Promise<Answer>) {
  const handled: Handled[] = [];
  const handle: HandleDelivery = async (delivery, sender) => {
    handled.push({ ...delivery, sender });
    return answerTo(delivery, handled.length - 1);
  };
  return { handle, handled };
}

export const acknowledge: Answer = { kind: "acknowledge" };
export const giveBack = (delaySeconds: number): Answer => ({
  kind: "give-back",
  delaySeconds,
  reason: "the store is slow",
});
export const reject: Answer = { kind: "reject", reason: "The message is not JSON." };

interface Entry {
  level: string;
  message: string;
  fields?: unknown;
}

/** `invocations`: how each invocation of a function ended; `entries`: what else was said. */
export function notingLog(): Log & { readonly entries: Entry[]; readonly invocations: Entry[] } {
  const entries: Entry[] = [];
  const invocations: Entry[] = [];
  const at = (level: string) => (message: string, fields?: unknown) => {
    (message.startsWith("An invocation ") ? invocations : entries).push({ level, message, fields });
  };
  return { entries, invocations, info: at("info"), warn: at("warn"), error: at("error") };
}
