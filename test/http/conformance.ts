/** What every implementation of the HTTP port does, against real servers on loopback that misbehave as servers do. */
import { describe } from "vitest";
import type { CreateHttp } from "../../src/http/port/http.ts";
import { aborts } from "./conformance/aborts.ts";
import { clientsOf } from "./conformance/client.ts";
import { connections } from "./conformance/connections.ts";
import { endless } from "./conformance/endless.ts";
import { failures } from "./conformance/failures.ts";
import { headers } from "./conformance/headers.ts";
import { replies } from "./conformance/replies.ts";
import { stale } from "./conformance/stale.ts";
import { surplus } from "./conformance/surplus.ts";
import { uploads } from "./conformance/uploads.ts";

export function conformance(name: string, createHttp: CreateHttp): void {
  const open = clientsOf(createHttp);
  describe(name, () => {
    describe("a reply's body", () => replies(open));
    describe("headers", () => headers(open));
    describe("connections", () => connections(open));
    describe("a kept connection", () => stale(open));
    describe("a reply that nobody asked for", () => surplus(open));
    describe("what goes wrong on the way", () => failures(open));
    describe("a server without end", () => endless(open));
    describe("a request's body", () => uploads(open));
    describe("an abort", () => aborts(open));
  });
}
