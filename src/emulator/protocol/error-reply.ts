/** A refusal as the reply that tells it. */
import type { Switches } from "../faults/switches.ts";
import { bytesReply, type Reply } from "./exchange.ts";
import { errorDocument, type RefusalDetails } from "./refusal.ts";

/** `resource`: `<host>/<key>`, "" where it is not known. */
export function errorReply(details: RefusalDetails, resource: string, requestId: string, switches: Switches): Reply {
  const traceId = Buffer.from(requestId).toString("base64");
  const { slowDownRetryAfter } = switches;
  const text = errorDocument(details, resource, requestId, traceId);
  return bytesReply(details.status, "application/xml", Buffer.from(text), {
    ...(details.code === "SlowDown" && slowDownRetryAfter !== null
      ? { "Retry-After": String(slowDownRetryAfter) }
      : {}),
    "x-cos-trace-id": traceId,
    ...details.headers,
  });
}
