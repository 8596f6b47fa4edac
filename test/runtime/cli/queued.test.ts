/** Runs that a queue's workers archive, as separate processes beside a real SQS server. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type Ended, runCli, start } from "./built.ts";
import { archive, type Lab, lines, openLab, source } from "./lab.ts";
import { openQueueServer, type QueueServer } from "./queue-server.ts";

let lab: Lab;
let queues: QueueServer;
beforeAll(async () => {
  [lab, queues] = await Promise.all([openLab(), openQueueServer()]);
}, 60_000);
afterAll(async () => {
  await lab?.close();
  await queues?.close();
});
beforeEach(() => lab.next());

const cli = (args: readonly string[], more: Record<string, string> = {}): Promise<Ended> =>
  runCli(lab.built.cli, args, { ...lab.env, ...queues.env, ...more });
const seed = (count: number, prefix: string) =>
  Array.from({ length: count }, (_, n) => {
    const key = `${prefix}/${String(n).padStart(4, "0")} ü.png`;
    lab.emulator.bucket(source).put(key, Buffer.from(`the original of ${prefix} ${n}`));
    return key;
  });
const ledger = () => ["--archive", lab.place()];

describe("a run on a queue", { timeout: 120_000 }, () => {
  it("is submitted, archived by two workers beside each other, watched, and verified", async () => {
    const keys = seed(120, "two");
    const queue = await queues.create("two-workers");
    const manifest = await lab.file("two.txt", lines(...keys));
    const asked = [...ledger(), "--manifest", manifest, "--shard-size", "10", "--run", "two", "--queue", queue];

    const submitted = await cli(["submit", ...asked]);
    expect(submitted, submitted.stderr).toMatchObject({ code: 0 });
    expect(submitted.stdout).toBe("run two is submitted: 120 rows in 12 shards\n");
    expect(submitted.stderr).toContain("Watch it with: cos-originals status two --watch --ledger cos://");
    expect(await queues.depth("two-workers")).toBe(13);
    const before = await cli(["status", "two", "--json", ...ledger()]);
    expect(before.code).toBe(5);
    expect(JSON.parse(before.stdout)).toMatchObject({
      state: "running",
      rows: 120,
      pending: 120,
      proofs: null,
      requests: null,
    });

    lab.emulator.resetRequests();
    lab.emulator.faults.use((request) =>
      request.operation === "object.original" ? { kind: "delay", ms: 60 } : undefined,
    );
    const worker = () => cli(["work", "--drain", "--json", "--queue", queue, "--concurrency", "4"]);
    const watching = cli(["status", "two", "--watch", "--json", ...ledger()]);
    const workers = await Promise.all([worker(), worker()]);
    for (const { code, stderr } of workers) expect({ code, stderr }).toMatchObject({ code: 0 });
    const [one, other] = workers.map(({ stdout }) => JSON.parse(stdout));
    expect(one.archived + other.archived).toBe(120);
    expect(Math.min(one.archived, other.archived)).toBeGreaterThan(0);
    expect(one.runs).toMatchObject([{ run: "two", state: "complete", rows: 120, failed: 0 }]);
    expect(lab.emulator.requests()["object.original"]).toBe(120);
    expect(await queues.depth("two-workers")).toBe(0);

    const watched = await watching;
    expect(watched.code, watched.stderr).toBe(0);
    const seen = watched.stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(seen.length).toBeGreaterThan(1);
    expect(seen.at(-1)).toMatchObject({ state: "complete", archived: 120, pending: 0 });

    const status = await cli(["status", "two", ...ledger()]);
    expect(status).toMatchObject({ code: 0, stderr: "" });
    expect(status.stdout).toMatch(
      /^run two is complete\n {2}120 rows = 120 archived \+ 0 skipped \+ 0 failed \+ 0 pending\n/,
    );
    const full = JSON.parse((await cli(["status", "two", "--full", "--json", ...ledger()])).stdout);
    expect(full).toMatchObject({ archived: 120, proofs: { "content-md5": 120 }, failures: [] });
    expect(full.requests["source.get"]).toBe(120);

    const verified = await cli(["verify", "two", ...ledger()]);
    expect(verified).toMatchObject({
      code: 0,
      stdout: "run two is complete: 120 objects checked, 120 as the ledger says, 0 different\n",
    });

    const key = lab.place().slice(`cos://${archive}/`.length) + (keys[7] ?? "");
    lab.emulator.bucket(archive).delete(key);
    const missing = await cli(["verify", "two", ...ledger(), "--json"]);
    expect(missing.code).toBe(7);
    expect(JSON.parse(missing.stdout)).toMatchObject({
      checked: 120,
      same: 119,
      missing: 1,
      differences: [{ kind: "missing", key: keys[7], archiveKey: key }],
    });

    // Said again, it finds nothing to do.
    const again = await cli(["submit", ...asked]);
    expect(again).toMatchObject({ code: 0, stdout: "run two is complete already: nothing was sent\n" });
    expect(await queues.depth("two-workers")).toBe(0);
  });

  it("whose manifest lies in a bucket is planned by a worker", async () => {
    const keys = seed(5, "object");
    lab.emulator.bucket(source).put("lists/object.txt", Buffer.from(lines(...keys)));
    const queue = await queues.create("object-manifest");
    const args = [
      ...ledger(),
      "--manifest",
      `cos://${source}/lists/object.txt`,
      "--run",
      "object",
      "--shard-size",
      "2",
    ];
    const submitted = await cli(["submit", ...args, "--queue", queue, "--json"]);
    expect(submitted.code, submitted.stderr).toBe(0);
    expect(JSON.parse(submitted.stdout)).toMatchObject({
      schema: "cos-originals/submit@1",
      run: "object",
      state: "asked",
      rows: null,
    });
    expect(await queues.depth("object-manifest")).toBe(1);
    expect((await cli(["status", "object", ...ledger()])).code).toBe(5);
    expect((await cli(["work", "--drain", "--queue", queue])).code).toBe(0);
    expect(JSON.parse((await cli(["status", "object", "--json", ...ledger()])).stdout)).toMatchObject({
      state: "complete",
      archived: 5,
    });
  });

  it("is cancelled while it is worked, and goes on when it is resumed", async () => {
    const keys = seed(60, "cancel");
    const queue = await queues.create("cancelled");
    const manifest = await lab.file("cancel.txt", lines(...keys));
    const args = [...ledger(), "--manifest", manifest, "--shard-size", "10", "--run", "stop-me"];
    expect((await cli(["submit", ...args, "--queue", queue])).code).toBe(0);
    let fetched = 0;
    const cancelled = new Promise<Ended>((resolve) => {
      lab.emulator.faults.use((request) => {
        if (request.operation !== "object.original") return undefined;
        if (++fetched === 6) resolve(cli(["cancel", "stop-me", ...ledger(), "--reason", "wrong night"]));
        return { kind: "delay", ms: 300 };
      });
    });
    const working = cli(["work", "--drain", "--queue", queue, "--concurrency", "2"]);
    expect(await cancelled).toMatchObject({ code: 0, stdout: "run stop-me is cancelled\n" });
    expect((await working).code).toBe(5);
    const status = await cli(["status", "stop-me", "--json", ...ledger()]);
    expect(status.code).toBe(5);
    const summary = JSON.parse(status.stdout);
    expect(summary).toMatchObject({ state: "cancelled", reason: "wrong night", rows: 60 });
    expect(summary.pending).toBeGreaterThan(0);
    expect(await queues.depth("cancelled")).toBe(0);

    const refused = await cli(["submit", ...args, "--queue", queue]);
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain("was cancelled, and workers drop what is sent of it");

    lab.emulator.faults.clear();
    const resumed = await cli(["resume", "stop-me", ...ledger(), "--queue", queue]);
    expect(resumed).toMatchObject({ code: 0, stdout: "run stop-me goes on\n" });
    expect((await cli(["work", "--drain", "--queue", queue])).code).toBe(0);
    const after = await cli(["status", "stop-me", "--full", "--json", ...ledger()]);
    expect(after.code).toBe(0);
    expect(JSON.parse(after.stdout)).toMatchObject({ state: "complete", archived: 60, pending: 0 });
  });

  it("ends its worker with 3 where keys failed, and is redriven through the queue", async () => {
    const [there = "", gone = ""] = seed(2, "redrive");
    const bytes = lab.original(gone) ?? Buffer.alloc(0);
    lab.emulator.bucket(source).delete(gone);
    const queue = await queues.create("redriven");
    const manifest = await lab.file("redrive.txt", lines(there, gone));
    expect(
      (await cli(["submit", ...ledger(), "--manifest", manifest, "--run", "some-fail", "--queue", queue])).code,
    ).toBe(0);
    const worked = await cli(["work", "--drain", "--json", "--queue", queue]);
    expect(worked.code).toBe(3);
    expect(JSON.parse(worked.stdout)).toMatchObject({
      archived: 1,
      failed: 1,
      runs: [{ state: "complete", failed: 1 }],
    });
    lab.emulator.bucket(source).put(gone, bytes);
    const redriven = await cli(["redrive", "some-fail", ...ledger(), "--queue", queue]);
    expect(redriven).toMatchObject({ code: 0, stdout: "run some-fail-redrive-1 is submitted: 1 rows in 1 shards\n" });
    expect((await cli(["work", "--drain", "--queue", queue])).code).toBe(0);
    expect(lab.archived(gone)).toEqual(bytes);
  });

  it("is moved on again by a reconcile message, should its own have been lost", async () => {
    const keys = seed(3, "repair");
    const lost = await queues.create("lost");
    const other = await queues.create("other");
    const manifest = await lab.file("repair.txt", lines(...keys));
    expect((await cli(["submit", ...ledger(), "--manifest", manifest, "--run", "repair", "--queue", lost])).code).toBe(
      0,
    );
    const repaired = await cli(["status", "repair", "--repair", ...ledger(), "--queue", other]);
    expect(repaired.code).toBe(5);
    expect(repaired.stderr).toContain("A reconcile message was sent.");
    expect(await queues.depth("other")).toBe(1);
  });
});

describe("cos-originals work", { timeout: 60_000 }, () => {
  it("ends cleanly with 0 at SIGTERM, and leaves the rest to others", async () => {
    const keys = seed(40, "term");
    const queue = await queues.create("terminated");
    const manifest = await lab.file("term.txt", lines(...keys));
    expect((await cli(["submit", ...ledger(), "--manifest", manifest, "--run", "term", "--queue", queue])).code).toBe(
      0,
    );
    let fetched = 0;
    lab.emulator.faults.use((request) => {
      if (request.operation !== "object.original") return undefined;
      if (++fetched === 5) child.kill("SIGTERM");
      return { kind: "delay", ms: 100 };
    });
    const child = start(lab.built.cli, ["work", "--json", "--queue", queue, "--concurrency", "2"], {
      ...lab.env,
      ...queues.env,
    });
    const { code, stdout, stderr } = await child.ended;
    expect(code, stderr).toBe(0);
    expect(stderr).toContain("Stopping: ");
    const { archived } = JSON.parse(stdout);
    expect(archived).toBeGreaterThan(3);
    expect(archived).toBeLessThan(40);
    lab.emulator.faults.clear();
    lab.emulator.resetRequests();
    expect((await cli(["work", "--drain", "--queue", queue])).code).toBe(0);
    expect(lab.emulator.requests()["object.original"]).toBe(40 - archived);
    expect((await cli(["verify", "term", ...ledger()])).code).toBe(0);
  });

  it("ends at once, when draining, where the queue is empty", async () => {
    const queue = await queues.create("empty");
    const { code, stdout } = await cli(["work", "--drain", "--queue", queue]);
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: "0 messages worked, 0 given back, 0 that can't be worked\n  0 archived + 0 skipped + 0 failed, 0 B\n",
    });
  });

  it("works a manifest message of one shard to its end, and says which message it can't work", async () => {
    const keys = seed(2, "message");
    const queue = await queues.create("messages");
    const place = { region: "ap-guangzhou" };
    const prefix = lab.place().slice(`cos://${archive}/`.length);
    const message = {
      v: 1,
      type: "manifest",
      run: "by-message",
      source: { ...place, bucket: source },
      archive: { ...place, bucket: archive, prefix },
      keys,
    };
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
});
