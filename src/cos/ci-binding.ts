/** Is a bucket bound to Cloud Infinite: `GET /` of BUCKET.ci.REGION.myqcloud.com (document 460/97481), which needs ci:DescribeCIBuckets. */
import * as z from "zod";
import type { Endpoint } from "../objects/dialled.ts";
import { malformedReply, subject } from "./exchange/error-from-reply.ts";
import type { Send } from "./exchange/send.ts";

/** `unbinding`: it is being taken away. */
export type CiStatus = "on" | "off" | "unbinding";

/** A bucket's binding to Cloud Infinite (document 460/97481). */
export interface CiBinding {
  getCiStatus(): Promise<CiStatus>;
}

const told = z.object({ CIStatus: z.enum(["on", "off", "unbinding"]) });

export function createCiBinding(bucket: string, endpoint: Endpoint, send: Send): CiBinding {
  return {
    async getCiStatus() {
      const reply = await send({ method: "GET", bufferUpTo: "whole", endpoint }, (came) => came);
      const read = told.safeParse(reply.kind === "bytes" ? jsonOf(reply.bytes) : undefined);
      if (read.success) return read.data.CIStatus;
      throw malformedReply(subject("GET", bucket), reply.status, "the reply has no CIStatus of on, off or unbinding");
    },
  };
}

function jsonOf(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString("utf8"));
  } catch {
    return undefined;
  }
}
