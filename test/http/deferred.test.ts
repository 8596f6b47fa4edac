import { describe, expect, test } from "vitest";
import { createDeferredHttp } from "../../src/http/deferred.ts";
import { createWireHttp } from "../../src/http/wire/client.ts";
import { quick } from "../setup/quick.ts";
import { bytesOf, clientsOf, request } from "./conformance/client.ts";
import { conformance } from "./conformance.ts";
import { tinyServer } from "./tiny-server.ts";

describe.skipIf(quick)("behind an import", () =>
  conformance(
    "a client that is imported at its first request",
    createDeferredHttp(async () => createWireHttp),
  ),
);

describe("a client that is imported at its first request", () => {
  test("is imported once, and not before", async () => {
    const server = await tinyServer((_, response) => response.writeHead(200, { "content-length": 2 }).end("ok"));
    let loads = 0;
    const http = clientsOf(
      createDeferredHttp(async () => {
        loads++;
        return createWireHttp;
      }),
    )({ connections: 2 });
    expect(loads).toBe(0);
    const replies = await Promise.all([1, 2, 3].map(() => http.send(request(server))));
    expect(replies.map((reply) => bytesOf(reply).toString())).toEqual(["ok", "ok", "ok"]);
    expect(loads).toBe(1);
  });

  test("fails each request where it can't be imported", async () => {
    const http = clientsOf(
      createDeferredHttp(async () => {
        throw new Error("a file is missing");
      }),
    )({});
    const sent = [1, 2].map(() => http.send(request({ origin: "http://127.0.0.1:9" })));
    expect(await Promise.allSettled(sent)).toEqual([
      { status: "rejected", reason: new Error("a file is missing") },
      { status: "rejected", reason: new Error("a file is missing") },
    ]);
    await http.close();
  });
});
