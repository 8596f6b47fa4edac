/** Would catch: a queue that hangs, by which Prometheus' request for the metrics is given up, and its worker passes for dead. */
import { expect, test } from "vitest";
import { createProbes } from "../../../../src/runtime/cli/metrics/probes.ts";
import { startWorkerServer } from "../../../../src/runtime/cli/metrics/worker-server.ts";
import { fakeClock, runUntilDone } from "../../../stores/fake-clock.ts";

test("metrics are told within a second, whether the queue has said what it holds or not", async () => {
  const clock = fakeClock(0);
  const look = () => new Promise<never>(() => undefined);
  const probes = createProbes({ checks: [{ name: "queue", look }], clock, version: "1.0.0", underWay: () => 0 });
  const registry = { contentType: "text/plain", text: async () => `asked_at ${clock.elapsed()}\n` };
  const server = await startWorkerServer({ host: "127.0.0.1", port: 0 }, probes, registry, clock);
  try {
    const asked = fetch(`${server.address}metrics`).then((reply) => reply.text());
    expect(await runUntilDone(clock, asked)).toBe("asked_at 1000\n");
    const ready = fetch(`${server.address}readyz`).then(({ status }) => status);
    expect(await runUntilDone(clock, ready)).toBe(503);
  } finally {
    await server.close();
  }
});
