/** `--listen`: /healthz, /readyz and /metrics of a worker, for who runs it: an orchestrator's probes, and Prometheus. */
import type { ServerResponse } from "node:http";
import type { Clock } from "../../../vocabulary/clock.ts";
import { reachedText } from "../terminal/reached-at.ts";
import { openHttpDoor } from "./http-door.ts";
import type { Probes } from "./probes.ts";
import type { ProcessRegistry } from "./registry.ts";

export interface WorkerServer {
  /** `http://127.0.0.1:9464/` */
  readonly address: string;
  close(): Promise<void>;
}

const headers = { "cache-control": "no-store", "x-content-type-options": "nosniff" } as const;

/** Who asks for metrics waits no longer for what the queue holds: Prometheus gives up after ten seconds, or less where it asks oftener. */
const COUNTS_MS = 1_000;

/** Throws UserError `PortInUse`. */
export async function startWorkerServer(
  { host, port }: { readonly host: string; readonly port: number },
  probes: Probes,
  registry: Pick<ProcessRegistry, "contentType" | "text">,
  clock: Pick<Clock, "sleep">,
): Promise<WorkerServer> {
  const json = (response: ServerResponse, ok: boolean, document: unknown) =>
    response
      .writeHead(ok ? 200 : 503, { ...headers, "content-type": "application/json; charset=utf-8" })
      .end(`${JSON.stringify(document)}\n`);
  const answers: Readonly<Record<string, (response: ServerResponse) => Promise<unknown>>> = {
    async "/healthz"(response) {
      const { ok, document } = probes.alive();
      json(response, ok, document);
    },
    async "/readyz"(response) {
      const { ok, failing } = await probes.ready();
      json(response, ok, ok ? { status: "ready" } : { status: "not ready", failing });
    },
    async "/metrics"(response) {
      // What the queue holds is asked by the same look that says whether it is there.
      const over = new AbortController();
      await Promise.race([probes.ready(), clock.sleep(COUNTS_MS, over.signal)]);
      over.abort();
      const text = await registry.text();
      response.writeHead(200, { ...headers, "content-type": registry.contentType }).end(text);
    },
  };
  const door = await openHttpDoor({
    host,
    port,
    headers,
    otherwise: "say another with --listen HOST:PORT",
    answer(path, response, refuse) {
      const answer = answers[path];
      if (answer === undefined) return refuse(404, "There is /healthz, /readyz and /metrics here.");
      answer(response).catch(() => response.destroy());
    },
  });
  return { address: reachedText(`http://${host}:${door.port}/`), close: door.close };
}
