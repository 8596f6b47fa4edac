/**
 * What refuses every key is found out on a few of 300, by the command line and by two workers on a queue; what refuses many keys, but
 * not those that were archived before, halts nothing.
 */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Fault, FaultableRequest } from "../../../src/emulator/faults/fault-plans.ts";
import { runCli, start } from "./built.ts";
import { archive, type Lab, lines, openLab, source } from "./lab.ts";
import { openQueueServer, type QueueServer } from "./queue-server.ts";

const keys = Array.from({ length: 300 }, (_, n) => `all/${String(n).padStart(4, "0")}.png`);

let lab: Lab;
let queues: QueueServer;
let manifest: string;
beforeAll(async () => {
  [{ lab, manifest }, queues] = await Promise.all([openFilled(), openQueueServer()]);
});
afterAll(async () => {
  await lab?.close();
  await queues?.close();
});
beforeEach(() => lab.next());

async function openFilled(): Promise<{ readonly lab: Lab; readonly manifest: string }> {
  const lab = await openLab();
  for (const key of keys) lab.emulator.bucket(source).put(key, Buffer.from(`the original of ${key}`));
  return { lab, manifest: await lab.file("all.txt", lines(...keys)) };
}

type Refusing = (request: FaultableRequest) => Fault | readonly Fault[] | undefined;
const of =
  (operation: string, bucket: string, fault: Fault | readonly Fault[]): Refusing =>
  (request) =>
    request.operation === operation && request.bucket === bucket && !request.key.includes(".originals/")
      ? fault
      : undefined;
const error = (code: string, status: number): Fault => ({ kind: "error", code, status });

const gatewayPage: readonly Fault[] = [
  { kind: "placeholder" },
  { kind: "headers", set: { "x-cos-request-id": null, "x-ci-request-id": null, "content-type": "text/html" } },
];

/** As of an object that was put together by parts, long ago. */
const nothingProves = { etag: `"${"0".repeat(32)}-2"`, "x-cos-hash-crc64ecma": null };

/** The refusal, the most that may be fetched for it, and what the sentence says. */
const everywhere: readonly (readonly [
  what: string,
  refusing: Refusing,
  fetches: number,
  says: RegExp,
  /** So few that no LIST tells what the request would have. */
  rows?: number,
])[] = [
  [
    "HEAD 403 where GET and LIST are allowed",
    of("object.head", source, error("AccessDenied", 403)),
    0,
    /the HEAD \(cos:HeadObject\).* in cos:\/\/photos-/,
  ],
  [
    "GET 403 where LIST is allowed",
    of("object.original", source, error("AccessDenied", 403)),
    5,
    /cos:GetObject\) ends with AccessDenied in cos:\/\/photos-/,
  ],
  [
    "GET 400 of an unknown code",
    of("object.original", source, error("NobodyKnowsThis", 400)),
    5,
    /ends with NobodyKnowsThis/,
  ],
  ["GET 451", of("object.original", source, error("UnavailableForLegalReasons", 451)), 5, /451/],
  ["GET 301", of("object.original", source, error("PermanentRedirect", 301)), 5, /301/],
  ["GET 307", of("object.original", source, error("TemporaryRedirect", 307)), 5, /307/],
  [
    "nothing that proves an original",
    (request) => (request.bucket === source ? { kind: "headers", set: nothingProves } : undefined),
    5,
    /NoProof/,
    19,
  ],
  ["a placeholder for every key", of("object.original", source, { kind: "placeholder" }), 5, /PlaceholderReply/],
  ["a gateway's page for every key", of("object.original", source, gatewayPage), 10, /NotTheService/],
  ["a gateway's page for every HEAD", of("object.head", source, gatewayPage), 0, /NotTheService/],
  [
    "HEADs that tell nothing to prove an original by",
    of("object.head", source, { kind: "headers", set: { etag: null, "x-cos-hash-crc64ecma": null } }),
    0,
    /BareReply/,
  ],
  [
    "PUT 403",
    of("object.put", archive, error("AccessDenied", 403)),
    5,
    /the PUT \(cos:PutObject\) ends with AccessDenied in cos:\/\/archive-/,
  ],
  ["PUT 451", of("object.put", archive, error("UnavailableForLegalReasons", 451)), 5, /the PUT .* 451/],
  [
    "PUT 400 of a storage class",
    of("object.put", archive, error("NotSupportedStorageClass", 400)),
    5,
    /choose another --storage-class/,
  ],
  [
    "HEAD of the archive 403",
    of("object.head", archive, error("AccessDenied", 403)),
    0,
    /the HEAD \(cos:HeadObject\).* in cos:\/\/archive-/,
    19,
  ],
];

/** Refuses, and counts fetches. */
function refusing(plan: Refusing, by: Lab = lab): () => number {
  let fetches = 0;
  by.emulator.faults.use((request) => {
    if (request.operation === "object.original") fetches++;
    return plan(request);
  });
  return () => fetches;
}

describe("300 keys, every one refused", () => {
  const cases = everywhere.map(([what, plan, most, says, rows]) => ({ what, plan, most, says, rows }));
  it.each(cases)("by $what: run halts, exit 4", async ({ what, plan, most, says, rows }) => {
    const fetches = refusing(plan);
    const few = rows === undefined ? manifest : await lab.file("few.txt", lines(...keys.slice(0, rows)));
    const { code, stdout } = await lab.run(["--json", "--manifest", few]);
    const summary = JSON.parse(stdout);
    expect({ code, state: summary.state, archived: summary.archived }).toEqual({
      code: 4,
      state: "halted",
      archived: 0,
    });
    expect(summary.reason).toMatch(says);
    expect(fetches()).toBeLessThanOrEqual(most);
    console.log(`${what}: ${fetches()} fetches, exit ${code}; ${summary.reason}`);
  });

  it("nothing is refused by HEAD of the archive 403, where LISTs tell what it would", async () => {
    refusing(of("object.head", archive, error("AccessDenied", 403)));
    const { code, stdout } = await lab.run(["--json", "--manifest", manifest]);
    expect({ code, ...JSON.parse(stdout) }).toMatchObject({ code: 0, state: "complete", archived: 300 });
  });

  // One of each request; the others go the same way. They mostly wait, so beside each other, each with a COS of its own.
  const queued = cases.filter(({ what }) => /403/.test(what));
  it.concurrent.for(queued)("by way of a queue with two workers, $what", async (of, { expect, onTestFinished }) => {
    const { what, plan, most, says } = of;
    const { lab, manifest } = await openFilled();
    onTestFinished(() => lab.close());
    const fetches = refusing(plan, lab);
    const queue = await queues.create(`refused-${everywhere.findIndex(([each]) => each === what)}`);
    const env = { ...lab.env, ...queues.env };
    const place = ["--archive", lab.place()];
    const cli = (args: readonly string[]) => runCli(lab.built.cli, args, env);
    const asked = ["submit", "--run", "q", "--queue", queue, "--shard-size", "10", "--manifest", manifest, ...place];
    expect((await cli(asked)).code).toBe(0);
    const workers = [0, 1].map(() => start(lab.built.cli, ["work", "--queue", queue, "--drain"], env));
    const codes = (await Promise.all(workers.map(({ ended }) => ended))).map(({ code }) => code);
    // One of them may have had no hand in it.
    expect([0, 4]).toEqual(expect.arrayContaining(codes));
    expect(codes).toContain(4);
    const { code, stdout } = await cli(["status", "q", "--json", ...place]);
    const summary = JSON.parse(stdout);
    expect({ code, ...summary }).toMatchObject({ code: 4, state: "halted", archived: 0 });
    expect(summary.reason).toMatch(says);
    expect(fetches()).toBeLessThanOrEqual(most);
    console.log(`${what}, two workers: ${fetches()} fetches, exits ${codes.join(" and ")}; ${summary.reason}`);
  });
});

describe("300 keys, many of them refused", () => {
  it("60 after good ones halt nothing", async () => {
    const bad = new Set(keys.slice(100, 160));
    const fetches = refusing((request) =>
      request.operation === "object.original" && bad.has(request.key) ? error("AccessDenied", 403) : undefined,
    );
    const { code, stdout } = await lab.run(["--json", "--manifest", manifest]);
    expect({ code, ...JSON.parse(stdout) }).toMatchObject({ code: 3, state: "complete", archived: 240, failed: 60 });
    expect(fetches()).toBeLessThanOrEqual(300 + 5);
  });

  it("half of them, in front of the others, are no fault of the run: its trial takes rows from all over", async () => {
    const bad = new Set(keys.slice(0, 150));
    refusing((request) =>
      request.operation === "object.original" && bad.has(request.key) ? error("NotAnImage", 400) : undefined,
    );
    const { code, stdout } = await lab.run(["--json", "--manifest", manifest]);
    expect({ code, ...JSON.parse(stdout) }).toMatchObject({ code: 3, state: "complete", archived: 150, failed: 150 });
  });
});
