/** The ids and dates of replies. */
import { randomBytes } from "node:crypto";

export interface Identify {
  /** Of a request: never given twice, by any emulator. */
  readonly requestId: () => string;
  /** Of a version or an upload: sorts by time, never given twice. */
  readonly newId: (nowMs: number) => string;
  /** What every reply says. */
  readonly headers: (nowMs: number) => { readonly Server: string; readonly Date: string };
}

export function createIdentify(): Identify {
  const boot = randomBytes(6).toString("hex");
  let requests = 0;
  let newIds = 0;
  let second = -1;
  let date = "";

  return {
    requestId: () => `${boot}_${(++requests).toString(16).padStart(8, "0")}`,
    newId(nowMs) {
      const serial = (++newIds % 0x10000).toString(16).padStart(4, "0");
      return `${nowMs.toString(16).padStart(12, "0")}${serial}${randomBytes(8).toString("hex")}`;
    },
    headers(nowMs) {
      const now = Math.floor(nowMs / 1000);
      if (now !== second) {
        second = now;
        date = new Date(nowMs).toUTCString();
      }
      return { Server: "tencent-cos", Date: date };
    },
  };
}
