/** Would catch: a page of the web that reads a run's keys from loopback by another host's name; a page that stands still. */
import { request } from "node:http";
import { connect } from "node:net";
import { afterEach, expect, test } from "vitest";
import { type LiveServer, startLiveServer } from "../../../../src/runtime/cli/live/live-server.ts";
import { nextLookMs } from "../../../../src/runtime/cli/live/look-pace.ts";

let server: LiveServer | undefined;
afterEach(() => server?.close());

const page = (name: string) => ({ html: `<main>${name}</main>`, news: JSON.stringify({ main: name }) });

async function open() {
  server = await startLiveServer(0, page("first"));
  const { port } = new URL(server.address);
  const ask = (path: string, headers: Record<string, string> = {}, method = "GET") =>
    new Promise<{ readonly status: number; readonly headers: NodeJS.Dict<string | string[]>; readonly body: string }>(
      (resolve, reject) => {
        const asked = request({ host: "127.0.0.1", port, path, method, headers, agent: false }, (response) => {
          let body = "";
          response.setEncoding("utf8").on("data", (chunk: string) => {
            body += chunk;
          });
          response.on("end", () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body }));
        });
        asked.on("error", reject).end();
      },
    );
  return { server, port, ask };
}

test("gives the page to who asks by its own name, and lets nobody keep it", async () => {
  const { server, ask } = await open();
  expect(server.address).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/$/);
  const first = await ask("/");
  expect(first).toMatchObject({ status: 200, body: "<main>first</main>" });
  expect(first.headers).toMatchObject({
    "cache-control": "no-store",
    "content-type": "text/html; charset=utf-8",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
  });
  server.show(page("second"));
  expect((await ask("/?again")).body).toBe("<main>second</main>");
});

test("refuses whoever asks by another name, from another page, for another thing, or to change any", async () => {
  const { port, ask } = await open();
  const statuses = [
    await ask("/", { host: `evil.example:${port}` }),
    await ask("/events", { host: "127.0.0.1" }),
    await ask("/events", { origin: "http://evil.example" }),
    await ask("/", {}, "POST"),
    await ask("/other"),
    await ask("/", { host: `localhost:${port}`, origin: `http://127.0.0.1:${port}` }),
  ].map(({ status }) => status);
  expect(statuses).toEqual([421, 421, 403, 405, 404, 200]);
});

test("tells who looks on what is new, and says whether anybody does", async () => {
  const { server, ask } = await open();
  const never = new AbortController();
  let someone = false;
  const seen = server.viewer(never.signal).then(() => {
    someone = true;
  });
  await Promise.resolve();
  expect(someone).toBe(false);
  const told = ask("/events");
  await seen;
  server.show(page("second"));
  await server.close();
  expect(await told).toMatchObject({
    status: 200,
    headers: { "content-type": "text/event-stream", "cache-control": "no-store" },
    body: [
      'retry: 3000\nevent: page\ndata: {"main":"first"}\n\n',
      'retry: 3000\nevent: page\ndata: {"main":"second"}\n\n',
      "event: left\ndata: {}\n\n",
    ].join(""),
  });
});

test("a port that is taken is told", async () => {
  const { port } = await open();
  await expect(startLiveServer(Number(port), page("other"))).rejects.toMatchObject({
    code: "PortInUse",
    message: `Port ${port} of 127.0.0.1 is taken by another process; say another, or --serve alone for any that is free.`,
  });
});

// A look that costs more is rarer.
test.each([
  [{ tookMs: 200, requests: 12 }, "running", 0, 5_000],
  [{ tookMs: 3_000, requests: 12 }, "running", 0, 12_000],
  [{ tookMs: 3_000, requests: 5_000 }, "running", 0, 250_000],
  [{ tookMs: 60_000, requests: 50_000 }, "running", 0, 600_000],
  [{ tookMs: 200, requests: 12 }, "stopped", 0, 30_000],
  [{ tookMs: 200, requests: 12 }, "running", 3, 40_000],
] as const)("after %j, %s, with %i failures, the next look is in %i ms", (look, state, failures, ms) => {
  expect(nextLookMs(look, state, failures)).toBe(ms);
});

// Catches: pages that pile up in memory for a tab that sleeps; and one that never hears how it ended.
test("a viewer that does not read gets the newest page once it does, and few of those between", async () => {
  const { server, port } = await open();
  const socket = connect(Number(port), "127.0.0.1");
  socket.write(`GET /events HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\n\r\n`);
  await server.viewer(new AbortController().signal);
  const shown = 60;
  for (let n = 1; n <= shown; n++) server.show({ html: "", news: `"${n} ${"x".repeat(1_000_000)}"` });
  let text = "";
  await new Promise<void>((resolve) => {
    socket.setEncoding("utf8").on("data", (chunk: string) => {
      text += chunk;
      if (text.includes(`"${shown} `)) resolve();
    });
  });
  socket.destroy();
  expect((text.match(/^data: /gm) ?? []).length).toBeLessThan(10);
});
