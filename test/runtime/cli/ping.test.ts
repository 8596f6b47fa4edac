/** Catches: a dead man's switch that is told the wrong end, that holds a run up, or whose address is shown. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { createWireHttp } from "../../../src/http/wire/client.ts";
import { createPing } from "../../../src/runtime/cli/ping.ts";
import { type ExitCode, exitCodes } from "../../../src/runtime/cli/terminal/exit-codes.ts";
import { fakeClock, runUntilDone } from "../../stores/fake-clock.ts";

let close: () => unknown = () => undefined;
afterEach(() => close());

async function receiver(statusOf: (tries: number) => number) {
  const told: { readonly method: string; readonly url: string; readonly body: string }[] = [];
  const server = createServer((request, response) => {
    let body = "";
    request.setEncoding("utf8").on("data", (chunk: string) => {
      body += chunk;
    });
    request.on("end", () => {
      told.push({ method: request.method ?? "", url: request.url ?? "", body });
      response.writeHead(statusOf(told.length)).end("OK");
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  close = () => server.close();
  return { told, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/secret-check` };
}

const clock = fakeClock();
function pingOf(url: string) {
  const notes: string[] = [];
  const ping = createPing(url, { createHttp: createWireHttp, clock, note: (sentence) => void notes.push(sentence) });
  return { ping, notes };
}

describe("a dead man's switch", () => {
  test.each<[string, ExitCode, string]>([
    ["well", exitCodes.done, "/secret-check?rid=1"],
    ["with failed keys", exitCodes.failedKeys, "/secret-check/fail?rid=1"],
    ["interrupted", exitCodes.interrupted, "/secret-check/fail?rid=1"],
    ["refused", exitCodes.refused, "/secret-check/fail?rid=1"],
  ])("is told that a run begins, and then that it ended %s", async (_, code, end) => {
    const { told, url } = await receiver(() => 200);
    const { ping, notes } = pingOf(`${url}?rid=1`);
    ping.start();
    await ping.end(code, ["run r is complete", "  3 rows"]);
    expect(told).toEqual([
      { method: "POST", url: "/secret-check/start?rid=1", body: "" },
      { method: "POST", url: end, body: `exit code ${code}\nrun r is complete\n  3 rows` },
    ]);
    expect(notes).toEqual([]);
  });

  test("is tried again where it does not take it", async () => {
    const { told, url } = await receiver((tries) => (tries < 3 ? 503 : 200));
    const { ping, notes } = pingOf(url);
    await runUntilDone(clock, ping.end(exitCodes.done, []));
    expect(told.map((one) => one.url)).toEqual(["/secret-check", "/secret-check", "/secret-check"]);
    expect(notes).toEqual([]);
  });

  test("that can't be told is named, without what is secret of it, and nothing fails", async () => {
    const { url } = await receiver(() => 404);
    const { ping, notes } = pingOf(url);
    ping.start();
    await runUntilDone(clock, ping.end(exitCodes.done, []));
    expect(notes).toEqual([
      expect.stringMatching(
        /^127\.0\.0\.1:\d+ could not be told that the run begins \(--ping\): it answered with status 404\.$/,
      ),
      expect.stringMatching(
        /^127\.0\.0\.1:\d+ could not be told how the run ended \(--ping\): it answered with status 404\.$/,
      ),
    ]);
    close();
    const nobody = pingOf("http://127.0.0.1:9/secret-check");
    await runUntilDone(clock, nobody.ping.end(exitCodes.done, []));
    expect(nobody.notes).toEqual([
      expect.stringMatching(/^127\.0\.0\.1:9 could not be told how the run ended .*ECONNREFUSED/),
    ]);
    expect(nobody.notes.join()).not.toContain("secret-check");
  });
});
