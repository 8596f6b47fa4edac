/** What an error is called where no whole reply arrived, or none that can be read. Node's own names (ECONNREFUSED …) count as retried. */
import { entries } from "./entry.ts";

export const transportCodes = entries({
  BodyTimeout: { means: "the body of a reply stood still", effect: "retried", strain: true },
  ConnectTimeout: { means: "no connection came about in time", effect: "retried", strain: true },
  HeadersTimeout: { means: "no reply began in time", effect: "retried", strain: true },
  MalformedReply: { means: "what arrived is no HTTP reply, or no answer of the service", effect: "retried" },
  ReplyTooLarge: { means: "the reply is larger than such a reply may be", effect: "row-over" },
  RequestAborted: { means: "the request was given up here", effect: "retried" },
});
