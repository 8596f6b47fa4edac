/**
 * Runs that a queue's workers archive, as separate processes beside a real SQS server. They mostly wait (for a reconcile
 * message, for a queue to stay empty), so they run beside each other, each with keys, archive and queue of its own.
 */
import { readFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, it, vi } from "vitest";
import { type Ended, runCli, type Started, start } from "./built.ts";
import { archive, type Lab, lines, openLab, source } from "./lab.ts";
import { openQueueServer, type QueueServer } from "./queue-server.ts";

/** What a worker answers within moments, however slow its machine. */
const inTime = { timeout: 120_000, interval: 250 };

let lab: Lab;
let queues: QueueServer;
beforeAll(async () => {
  [lab, queues] = await Promise.all([openLab(), openQueueServer()]);
});
afterAll(async () => {
  await lab?.close();
  await queues?.close();
});

/** Keys, an archive and a queue that no other test has. */
interface Scene {
  readonly keys: readonly string[];
  /** The flag that names archive and ledger. */
  readonly ledger: readonly string[];
  /** Prefix of the archive. */
  readonly prefix: string;
  readonly queue: string;
  readonly manifest: string;
  depth(): Promise<number | undefined>;
  /** Fetches so far. */
  fetched(): number;
  /** Called at each fetch, with how many there were; each takes this long from now on. */
  onFetch(delayMs: number, listener?: (nth: number) => void): void;
  start(args: readonly string[]): Started;
  cli(args: readonly string[]): Promise<Ended>;
}

async function scene(name: string, count: number): Promise<Scene> {
  const keys = Array.from({ length: count }, (_, n) => `${name}/${String(n).padStart(4, "0")} ü.png`);
  for (const key of keys) lab.emulator.bucket(source).put(key, Buffer.from(`the original of ${key}`));
  let fetched = 0;
  let delay = 0;
  let heard: (nth: number) => void = () => undefined;
  lab.emulator.faults.use(({ operation, key }) => {
    if (operation !== "object.original" || !key.startsWith(`${name}/`)) return undefined;
    heard(++fetched);
    return delay === 0 ? undefined : { kind: "delay", ms: delay };
  });
  const env = { ...lab.env, ...queues.env };
  const prefix = `${name}/`;
  return {
    keys,
    prefix,
    ledger: ["--archive", `cos://${archive}/${prefix}`],
    queue: await queues.create(name),
    manifest: await lab.file(`${name}.txt`, lines(...keys)),
    depth: () => queues.depth(name),
    fetched: () => fetched,
    onFetch(ms, listener = () => undefined) {
      delay = ms;
      heard = listener;
    },
    start: (args) => start(lab.built.cli, args, env),
    cli: (args) => runCli(lab.built.cli, args, env),
  };
}

describe.concurrent("a run on a queue", () => {
  it("is submitted, archived by two workers beside each other, watched, and verified", async ({ expect }) => {
    const { cli, keys, ledger, queue, manifest, depth, fetched, onFetch, prefix } = await scene("two-workers", 120);
    const asked = [...ledger, "--manifest", manifest, "--shard-size", "10", "--run", "two", "--queue", queue];

    const submitted = await cli(["submit", ...asked]);
    expect(submitted, submitted.stderr).toMatchObject({ code: 0 });
    expect(submitted.stdout).toBe("run two is submitted: 120 rows in 12 shards\n");
    expect(submitted.stderr).toContain("Watch it with: cos-originals status two --watch --ledger cos://");
    expect(await depth()).toBe(6);
    const before = await cli(["status", "two", "--json", ...ledger]);
    expect(before.code).toBe(5);
    expect(JSON.parse(before.stdout)).toMatchObject({
      state: "running",
      rows: 120,
      pending: 120,
      proofs: null,
      requests: null,
    });

    onFetch(60);
    const worker = () => cli(["work", "--drain", "--json", "--queue", queue, "--concurrency", "4"]);
    const watching = cli(["status", "two", "--watch", "--json", ...ledger]);
    const workers = await Promise.all([worker(), worker()]);
    for (const { code, stderr } of workers) expect({ code, stderr }).toMatchObject({ code: 0 });
    const [one, other] = workers.map(({ stdout }) => JSON.parse(stdout));
    expect(one.archived + other.archived).toBe(120);
    expect(Math.min(one.archived, other.archived)).toBeGreaterThan(0);
    expect(one.runs).toMatchObject([{ run: "two", state: "complete", rows: 120, failed: 0 }]);
    expect(fetched()).toBe(120);
    expect(await depth()).toBe(0);

    const watched = await watching;
    expect(watched.code, watched.stderr).toBe(0);
    const seen = watched.stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(seen.length).toBeGreaterThan(1);
    expect(seen.at(-1)).toMatchObject({ state: "complete", archived: 120, pending: 0 });

    const status = await cli(["status", "two", ...ledger]);
    expect(status).toMatchObject({ code: 0, stderr: "" });
    expect(status.stdout).toMatch(
      /^run two is complete\n {2}120 rows = 120 archived \+ 0 skipped \+ 0 failed \+ 0 pending\n/,
    );
    const full = JSON.parse((await cli(["status", "two", "--full", "--json", ...ledger])).stdout);
    expect(full).toMatchObject({ archived: 120, proofs: { "content-md5": 120 }, failures: [] });
    expect(full.requests["source.get"]).toBe(120);

    const verified = await cli(["verify", "two", ...ledger]);
    expect(verified).toMatchObject({
      code: 0,
      stdout: "run two is complete: 120 objects checked, 120 as the ledger says, 0 different\n",
    });

    const key = prefix + (keys[7] ?? "");
    lab.emulator.bucket(archive).delete(key);
    const missing = await cli(["verify", "two", ...ledger, "--json"]);
    expect(missing.code).toBe(7);
    expect(JSON.parse(missing.stdout)).toMatchObject({
      checked: 120,
      same: 119,
      missing: 1,
      differences: [{ kind: "missing", key: keys[7], archiveKey: key }],
    });

    // Said again, it is over.
    const again = await cli(["submit", ...asked]);
    expect(again).toMatchObject({ code: 2, stdout: "" });
    expect(again.stderr).toMatch(/^cos-originals: The run "two" ended at .*; nothing was done; /);
    expect(await depth()).toBe(0);
  });

  it("whose manifest lies in a bucket is planned by a worker", async ({ expect }) => {
    const { cli, keys, ledger, queue, depth } = await scene("object-manifest", 5);
    lab.emulator.bucket(source).put("lists/object.txt", Buffer.from(lines(...keys)));
    const args = [...ledger, "--manifest", `cos://${source}/lists/object.txt`, "--run", "object", "--shard-size", "2"];
    const submitted = await cli(["submit", ...args, "--queue", queue, "--json"]);
    expect(submitted.code, submitted.stderr).toBe(0);
    expect(JSON.parse(submitted.stdout)).toMatchObject({
      schema: "cos-originals/submit@1",
      run: "object",
      state: "asked",
      rows: null,
    });
    expect(await depth()).toBe(1);
    expect((await cli(["status", "object", ...ledger])).code).toBe(5);
    expect((await cli(["work", "--drain", "--queue", queue])).code).toBe(0);
    expect(JSON.parse((await cli(["status", "object", "--json", ...ledger])).stdout)).toMatchObject({
      state: "complete",
      archived: 5,
    });
  });

  it("is cancelled while it is worked, and goes on when it is resumed", async ({ expect }) => {
    const { cli, ledger, queue, manifest, depth, onFetch } = await scene("cancelled", 60);
    const args = [...ledger, "--manifest", manifest, "--shard-size", "10", "--run", "stop-me"];
    expect((await cli(["submit", ...args, "--queue", queue])).code).toBe(0);
    const cancelled = new Promise<Ended>((resolve) => {
      onFetch(300, (nth) => {
        if (nth === 6) resolve(cli(["cancel", "stop-me", ...ledger, "--reason", "wrong night"]));
      });
    });
    const working = cli(["work", "--drain", "--queue", queue, "--concurrency", "2"]);
    expect(await cancelled).toMatchObject({ code: 0, stdout: "run stop-me is cancelled\n" });
    expect((await working).code).toBe(5);
    const status = await cli(["status", "stop-me", "--json", ...ledger]);
    expect(status.code).toBe(5);
    const summary = JSON.parse(status.stdout);
    expect(summary).toMatchObject({ state: "cancelled", reason: "wrong night", rows: 60 });
    expect(summary.pending).toBeGreaterThan(0);
    expect(await depth()).toBe(0);

    const refused = await cli(["submit", ...args, "--queue", queue]);
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain("was cancelled, and workers drop what is sent of it");

    onFetch(0);
    const resumed = await cli(["resume", "stop-me", ...ledger, "--queue", queue]);
    expect(resumed).toMatchObject({ code: 0, stdout: "run stop-me goes on\n" });
    expect((await cli(["work", "--drain", "--queue", queue])).code).toBe(0);
    const after = await cli(["status", "stop-me", "--full", "--json", ...ledger]);
    expect(after.code).toBe(0);
    expect(JSON.parse(after.stdout)).toMatchObject({ state: "complete", archived: 60, pending: 0 });
  });

  it("ends its worker with 3 where keys failed, and is redriven through the queue", async ({ expect }) => {
    const { cli, keys, ledger, queue, manifest, prefix } = await scene("redriven", 2);
    const [, gone = ""] = keys;
    const bytes = lab.original(gone) ?? Buffer.alloc(0);
    lab.emulator.bucket(source).delete(gone);
    expect(
      (await cli(["submit", ...ledger, "--manifest", manifest, "--run", "some-fail", "--queue", queue])).code,
    ).toBe(0);
    const worked = await cli(["work", "--drain", "--json", "--queue", queue]);
    expect(worked.code).toBe(3);
    expect(JSON.parse(worked.stdout)).toMatchObject({
      archived: 1,
      failed: 1,
      runs: [{ state: "complete", failed: 1 }],
    });
    lab.emulator.bucket(source).put(gone, bytes);
    const redriven = await cli(["redrive", "some-fail", ...ledger, "--queue", queue]);
    expect(redriven).toMatchObject({ code: 0, stdout: "run some-fail-redrive-1 is submitted: 1 row in 1 shard\n" });
    expect((await cli(["work", "--drain", "--queue", queue])).code).toBe(0);
    expect(lab.emulator.bucket(archive).get(prefix + gone)?.bytes).toEqual(bytes);
  });

  it("is moved on again by a reconcile message, should its own have been lost", async ({ expect }) => {
    const { cli, ledger, queue, manifest } = await scene("lost", 3);
    const other = await scene("found", 0);
    expect((await cli(["submit", ...ledger, "--manifest", manifest, "--run", "repair", "--queue", queue])).code).toBe(
      0,
    );
    const repaired = await cli(["status", "repair", "--repair", ...ledger, "--queue", other.queue]);
    expect(repaired.code).toBe(5);
    expect(repaired.stderr).toContain("A reconcile message was sent.");
    expect(await other.depth()).toBe(1);
  });
});

describe.concurrent("cos-originals work", () => {
  it("tells of itself: what it works on, whether it is ready, what it counts", async ({ expect }) => {
    const { cli, ledger, manifest } = await scene("told", 40);
    const queue = await openQueueServer();
    const name = await queue.create("told");
    const env = { ...lab.env, ...queue.env, ORIGINALS_ARCHIVE: `cos://${archive}/told/` };
    const file = `${lab.folder}/told.prom`;
    const args = ["work", "--queue", name, "--listen", "0", "--log-format", "json", "--metrics-file", file];
    const child = start(lab.built.cli, args, env);
    try {
      const all = await child.says(/"Working\.".*\n/);
      const said = JSON.parse(all.split("\n").find((line) => line.includes('"Working."')) ?? "");
      expect(said).toMatchObject({
        level: "info",
        queue: name.slice("sqs:".length),
        places: [
          `source=cos://${source}`,
          `archive=cos://${archive}/told/`,
          `ledger=cos://${archive}/told/.originals/`,
        ],
        listening: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/$/),
      });
      const ask = async (path: string) => {
        const reply = await fetch(said.listening + path);
        return { status: reply.status, text: await reply.text() };
      };
      const counted = async (line: RegExp) => Number(line.exec((await ask("metrics")).text)?.[1]);
      const archived = /^cos_originals_rows_total\{outcome="archived"\} (\d+)$/m;
      expect(await counted(archived)).toBe(0);
      expect((await ask("healthz")).status).toBe(200);
      expect(await ask("readyz")).toEqual({ status: 200, text: '{"status":"ready"}\n' });

      const submitted = await runCli(
        lab.built.cli,
        ["submit", ...ledger, "--manifest", manifest, "--run", "told", "--queue", name],
        env,
      );
      expect(submitted.code, submitted.stderr).toBe(0);
      await vi.waitFor(
        async () => expect(await counted(/^cos_originals_runs_ended_total\{state="complete"\} (\d+)$/m)).toBe(1),
        inTime,
      );
      expect(await counted(archived)).toBe(40);
      expect(await counted(/^cos_originals_requests_total\{type="source.get"\} (\d+)$/m)).toBe(40);

      queue.away(true);
      await vi.waitFor(async () => expect((await ask("readyz")).status).toBe(503), inTime);
      const { failing } = JSON.parse((await ask("readyz")).text);
      expect(failing).toMatchObject([
        { check: "queue", reason: expect.stringMatching(/^The queue can't be asked: .+\.$/) },
      ]);
      expect((await ask("healthz")).status).toBe(200);
      queue.away(false);
      await vi.waitFor(async () => expect((await ask("readyz")).status).toBe(200), inTime);

      child.kill("SIGTERM");
      const { code, stderr } = await child.ended;
      expect(code, stderr).toBe(0);
      for (const line of stderr.trimEnd().split("\n"))
        expect(JSON.parse(line)).toMatchObject({ time: expect.any(String), level: expect.any(String) });
      expect(stderr).toContain('"message":"A shard is over."');
      expect(await readFile(file, "utf8")).toMatch(archived);
      expect((await cli(["status", "told", ...ledger])).code).toBe(0);
    } finally {
      child.kill("SIGKILL");
      await queue.close();
    }
  });

  it("ends cleanly with 0 at SIGTERM, and leaves the rest to others", async ({ expect }) => {
    const { cli, start, ledger, queue, manifest, fetched, onFetch } = await scene("terminated", 40);
    expect((await cli(["submit", ...ledger, "--manifest", manifest, "--run", "term", "--queue", queue])).code).toBe(0);
    onFetch(100, (nth) => {
      if (nth === 5) child.kill("SIGTERM");
    });
    const child = start(["work", "--json", "--queue", queue, "--concurrency", "2"]);
    const { code, stdout, stderr } = await child.ended;
    expect(code, stderr).toBe(0);
    expect(stderr).toContain("Stopping: ");
    const { archived } = JSON.parse(stdout);
    expect(archived).toBeGreaterThan(3);
    expect(archived).toBeLessThan(40);
    const before = fetched();
    onFetch(0);
    expect((await cli(["work", "--drain", "--queue", queue])).code).toBe(0);
    expect(fetched() - before).toBe(40 - archived);
    expect((await cli(["verify", "term", ...ledger])).code).toBe(0);
  });

  it("ends at once, when draining, where the queue is empty", async ({ expect }) => {
    const { cli, queue } = await scene("empty", 0);
    const { code, stdout } = await cli(["work", "--drain", "--queue", queue]);
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: "0 messages worked, 0 given back, 0 that can't be worked\n  0 archived + 0 skipped + 0 failed, 0 B\n",
    });
  });

  it("works a manifest message of one shard to its end, and says which message it can't work", async ({ expect }) => {
    const { cli, keys, queue, prefix } = await scene("messages", 2);
    const place = { region: "ap-guangzhou" };
    const from = { ...place, bucket: source };
    const to = { ...place, bucket: archive, prefix };
    const message = { v: 1, type: "manifest", run: "by-message", source: from, archive: to, keys };
    await queues.send("messages", JSON.stringify(message));
    await queues.send("messages", JSON.stringify({ v: 1, type: "nonsense" }));
    const { code, stdout, stderr } = await cli(["work", "--drain", "--json", "--queue", queue]);
    expect(code, stderr).toBe(3);
    expect(JSON.parse(stdout)).toMatchObject({
      messages: { rejected: 1 },
      archived: 2,
      runs: [{ run: "by-message", state: "complete" }],
    });
    expect(stderr).toContain("nonsense");
  });

  it("sends what can never be worked to the queue's dead letters, with the reason, and works the rest", async ({
    expect,
  }) => {
    const { cli, keys, prefix } = await scene("poisoned", 2);
    await queues.create("poisoned-dead");
    const queue = await queues.create("poisoned-work", "poisoned-dead");
    const place = { region: "ap-guangzhou" };
    const to = { ...place, bucket: archive, prefix };
    const message = { v: 1, type: "manifest", run: "among", source: { ...place, bucket: source }, archive: to, keys };
    const shard = {
      v: 1,
      type: "shard",
      ledger: to,
      run: "nobody",
      plan: "01HZZZZZZZZZZZZZZZZZZZZZZZ",
      shard: 0,
      seq: 0,
    };
    const poison = ['{"keys": ["ü ☠.png"', JSON.stringify(shard)];
    for (const body of [poison[0] ?? "", JSON.stringify(message), poison[1] ?? ""]) {
      await queues.send("poisoned-work", body);
    }
    const { code, stdout, stderr } = await cli(["work", "--drain", "--json", "--queue", queue]);
    expect(code, stderr).toBe(3);
    expect(JSON.parse(stdout)).toMatchObject({
      messages: { rejected: 2 },
      archived: 2,
      runs: [{ run: "among", state: "complete" }],
    });
    expect(await queues.depth("poisoned-work")).toBe(0);
    const letters = (await queues.read("poisoned-dead")).toSorted(
      (a, b) => poison.indexOf(a.body) - poison.indexOf(b.body),
    );
    expect(letters).toEqual([
      {
        body: poison[0],
        attributes: {
          OriginalsReason: expect.stringMatching(/^The message ".*☠.*" is not JSON\.$/),
          OriginalsMessageId: expect.stringMatching(/^[0-9a-f-]{36}$/),
          OriginalsQueue: queue.replace("sqs:", ""),
          OriginalsRejectedAt: expect.stringMatching(/^\d{4}-.*Z$/),
        },
      },
      {
        body: poison[1],
        attributes: expect.objectContaining({
          OriginalsReason: expect.stringMatching(/^the run nobody has no run\.json: /),
        }),
      },
    ]);
    expect(stderr).toContain("sent to the dead-letter queue");
  });

  it("sends it to the dead-letter queue that is set, and refuses one that would be lost", async ({ expect }) => {
    const { cli, queue } = await scene("set-dead", 0);
    const deadLetters = await queues.create("set-dead-letters");
    await queues.send("set-dead", "poison");
    const work = ["work", "--drain", "--queue", queue, "--dead-letter-queue"];
    expect(await cli([...work, "memory:"])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--dead-letter-queue "memory:" would be lost with this process'),
    });
    expect((await cli([...work, deadLetters])).code).toBe(3);
    expect(await queues.depth("set-dead")).toBe(0);
    expect((await queues.read("set-dead-letters")).map(({ body }) => body)).toEqual(["poison"]);
  });
});
