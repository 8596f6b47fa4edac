/** A server for one test that names each request and tells an ETag, as the service does; all else is the test's business. */
import { type Handler, type TinyServer, tinyServer } from "../http/tiny-server.ts";

export const requestId = "NjE2MjE2MjE2";
export const etag = "8d777f385d3dfec8815d20f7496026dc";

/** Listens until the test is over. */
export function cosServer(handler: Handler): Promise<TinyServer> {
  return tinyServer((received, response, raw) => {
    response.setHeader("x-cos-request-id", requestId);
    if (received.method !== "DELETE") response.setHeader("etag", `"${etag}"`);
    return handler(received, response, raw);
  });
}
