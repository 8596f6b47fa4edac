/** What is tried again, when, how often, and what it charges the row with. */
import { describe, expect, test } from "vitest";
import { createPace } from "../../../src/archive/shard/pace/pace.ts";
import { BucketError } from "../../../src/objects/error.ts";
import { UserError } from "../../../src/vocabulary/errors.ts";
import type { Fault, Faults, SeenRequest } from "../../stores/bucket-fault.ts";
import { refuse, reset } from "../../stores/bucket-fault.ts";
import { expectArchived, key, lab, large, rowOf, small } from "./lab.ts";

const fetches =
  (fault: Fault, times = Number.POSITIVE_INFINITY) =>
  (request: SeenRequest): Faults =>
    request.type === "original" && request.nth <= times ? fault : undefined;
const timesOf = (lab_: ReturnType<typeof lab>) =>
  lab_.source.log.filter((request) => request.type === "original").map((request) => request.at - 1_700_000_000_000);

describe("a failure that may pass", () => {
  test("is waited for exponentially longer, with jitter", async () => {
    const here = lab({ maxAttempts: 10 });
    here.source.seed(key, small);
    here.source.onRequest(fetches(refuse("InternalError"), 4));
    expect(await here.outcome(rowOf(small))).toMatchObject({ outcome: "archived", attempts: 5 });
    // 250 ms, five times as long each time, at most 30 s, halved by a random of 0.5.
    expect(timesOf(here)).toEqual([0, 125, 750, 3_875, 18_875]);
    expect(here.retries()).toBe(4);
  });

  test("is waited for as long as Retry-After says, and the jitter longer", async () => {
    const here = lab();
    here.source.seed(key, small);
    here.source.onRequest(fetches(refuse("ServiceUnavailable", { retryAfterMs: 7_000 }), 1));
    await here.outcome(rowOf(small));
    expect(timesOf(here)).toEqual([0, 7_125]);
  });

  test("is given up after --max-attempts, those of earlier deliveries included", async () => {
    for (const charged of [0, 3, 4, 7]) {
      const { source, outcome } = lab();
      source.seed(key, small);
      source.onRequest(fetches(reset));
      const ended = await outcome(rowOf(small), { charged });
      const tries = Math.max(1, 5 - charged);
      expect(ended).toMatchObject({ outcome: "failed", code: "RetriesExhausted", attempts: tries, status: 0 });
      expect(ended.message).toContain(`${charged + tries} tries`);
      expect(ended.message).toContain("ECONNRESET");
      expect(source.count("original")).toBe(tries);
    }
  });

  test("leaves the row pending, charged with its tries, where there is no time to wait", async () => {
    const { source, outcome } = lab({}, { mayWait: (ms) => ms < 200 });
    source.seed(key, small);
    source.onRequest(fetches(refuse("InternalError")));
    expect(await outcome(rowOf(small))).toMatchObject({
      outcome: "pending",
      code: "InternalError",
      status: 500,
      attempts: 2,
    });
  });

  test("of the archive does not fetch a held body again", async () => {
    const { source, archive, outcome } = lab();
    source.seed(key, small);
    archive.onRequest((request) => (request.type === "put" && request.nth <= 3 ? refuse("InternalError") : undefined));
    expect(await outcome(rowOf(small))).toMatchObject({ outcome: "archived", attempts: 4 });
    expect(source.count("original")).toBe(1);
  });

  test("of the HEAD beside the GET neither loses the body nor hides what the GET said", async () => {
    for (const bytes of [small, large]) {
      const { source, archive, outcome } = lab({ ifExists: "overwrite" });
      source.seed(key, bytes);
      source.onRequest((request) => (request.type === "head" && request.nth === 1 ? reset : undefined));
      expect(await outcome({ key })).toMatchObject({ outcome: "archived" });
      expect(source.count("original")).toBe(1);
      expectArchived(archive, bytes);
    }
    const refused = lab({ ifExists: "overwrite" });
    refused.source.onRequest((request) => refuse(request.type === "head" ? "AccessDenied" : "InvalidAccessKeyId"));
    expect(await refused.end({ key })).toMatchObject({ kind: "halt" });
  });
});

describe("a failure that will not pass", () => {
  test.each(["NoSuchVersion", "InvalidObjectState", "InvalidArgument"])("%s ends the row at once", async (code) => {
    const { source, outcome } = lab();
    source.seed(key, small);
    source.onRequest(fetches(refuse(code)));
    expect(await outcome(rowOf(small))).toMatchObject({ outcome: "failed", code, attempts: 1 });
  });

  test("InvalidAccessKeyId stops the run, and charges the row nothing", async () => {
    const { source, end } = lab();
    source.seed(key, small);
    source.onRequest(fetches(refuse("InvalidAccessKeyId")));
    const ended = await end(rowOf(small));
    expect(ended).toMatchObject({ kind: "halt", outcome: { outcome: "pending", attempts: 0 } });
    expect(ended.kind === "halt" && ended.reason).toContain("InvalidAccessKeyId");
  });

  test("nor credentials that are missing all at once: that stops the run too, and is no fault of the program", async () => {
    const { source, end } = lab();
    source.onRequest(() => {
      throw new UserError("MissingCredentials", "TENCENTCLOUD_SECRETID is not set.");
    });
    expect(await end(rowOf(small))).toMatchObject({
      kind: "halt",
      reason: "TENCENTCLOUD_SECRETID is not set.",
      outcome: { outcome: "pending", code: "MissingCredentials", attempts: 0 },
    });
  });

  test("AccessDenied tells who refused", async () => {
    const bySource = lab();
    bySource.source.seed(key, small);
    bySource.source.onRequest(fetches(refuse("AccessDenied")));
    expect(await bySource.end(rowOf(small))).toMatchObject({
      kind: "refused",
      by: "source.get",
      outcome: { outcome: "failed", code: "AccessDenied", status: 403 },
    });
    for (const type of ["head", "put"] as const) {
      const byArchive = lab();
      byArchive.source.seed(key, small);
      byArchive.archive.onRequest((request) => (request.type === type ? refuse("AccessDenied") : undefined));
      expect(await byArchive.end(rowOf(small))).toMatchObject({ kind: "refused", by: `archive.${type}` });
    }
  });
});

describe("a process that may open no more connections", () => {
  const none = { code: "EMFILE", status: 0, retryable: true, throttled: true };
  const unopened = (times: number) => {
    let left = times;
    return () => {
      if (left-- > 0) throw new BucketError("no reply arrived (EMFILE)", none);
      return undefined;
    };
  };

  test("charges the row nothing, however often, and has fewer of them at once", async () => {
    const here = lab({ maxAttempts: 1 });
    here.source.seed(key, small);
    here.source.onRequest(unopened(15));
    expect(await here.outcome(rowOf(small))).toMatchObject({ outcome: "archived", attempts: 1 });
    expect(here.pace.concurrency()).toBeLessThan(8);
    expect(here.pace.triesPerSecond()).toBe(Number.POSITIVE_INFINITY);
  });

  test("leaves the row to a later delivery in the end, uncharged", async () => {
    const here = lab({ maxAttempts: 1 });
    here.source.seed(key, small);
    here.source.onRequest(unopened(Number.POSITIVE_INFINITY));
    expect(await here.outcome(rowOf(small))).toMatchObject({ outcome: "pending", code: "EMFILE", attempts: 0 });
  });

  test("pays for no original twice, where it is the archive that can't be reached", async () => {
    const here = lab({ maxAttempts: 1 });
    here.source.seed(key, small);
    here.archive.onRequest(unopened(5));
    expect(await here.outcome(rowOf(small))).toMatchObject({ outcome: "archived", attempts: 1 });
    expect(here.source.count("original")).toBe(1);
  });
});

describe("too many requests", () => {
  test("charge the row nothing, halve the concurrency and make every fetch wait", async () => {
    const here = lab({ maxAttempts: 1 });
    here.source.seed(key, small);
    here.source.onRequest(fetches(refuse("SlowDown", { retryAfterMs: 3_000 }), 2));
    expect(await here.outcome(rowOf(small))).toMatchObject({ outcome: "archived", attempts: 1 });
    // Retry-After, and half a second of a first pause's jitter, one second of the second's.
    expect(timesOf(here)).toEqual([0, 3_500, 7_500]);
    expect(here.retries()).toBe(2);
    expect(here.pace.concurrency()).toBe(2);
  });

  test("for long leave the row to the next delivery, charged once, or end it where that was its last try", async () => {
    for (const [maxAttempts, outcome] of [
      [5, "pending"],
      [1, "failed"],
    ] as const) {
      const here = lab({ maxAttempts });
      here.source.seed(key, small);
      here.source.onRequest(fetches(refuse("SlowDown")));
      expect(await here.outcome(rowOf(small))).toMatchObject({ outcome, attempts: 1, status: 503 });
      expect(here.source.count("original")).toBe(20);
    }
  });

  test("are not waited out past the time there is: the row is left as it was", async () => {
    const { source, outcome } = lab({}, { mayWait: (ms) => ms < 60_000 });
    source.seed(key, small);
    source.onRequest(fetches(refuse("SlowDown", { retryAfterMs: 600_000 })));
    expect(await outcome(rowOf(small))).toMatchObject({ outcome: "pending", attempts: 0 });
    expect(source.count("original")).toBe(1);
  });
});

describe("asked to stop", () => {
  test("a row that waits for its next try is left as pending, charged with those it had", async () => {
    const quit = new AbortController();
    const { source, outcome } = lab({}, { stopping: quit.signal });
    source.seed(key, small);
    source.onRequest((request) => {
      if (request.nth === 2) queueMicrotask(() => queueMicrotask(() => quit.abort()));
      return fetches(refuse("InternalError"))(request);
    });
    expect(await outcome(rowOf(small))).toMatchObject({ outcome: "pending", code: "InternalError", attempts: 2 });
    expect(source.count("original")).toBe(2);
  });

  test("a row that waits for its turn is not fetched any more", async () => {
    const quit = new AbortController();
    const here = lab({ ifExists: "overwrite" }, { stopping: quit.signal });
    const { clock, source } = here;
    const pace = createPace({ concurrency: 1, rate: 0.1, clock, random: () => 0.5 });
    await pace.beforeFetch();
    Object.assign(here.context, { pace });
    source.seed(key, small);
    const ended = here.outcome(rowOf(small));
    void clock.sleep(5_000).then(() => quit.abort());
    expect(await ended).toMatchObject({ outcome: "pending", code: "Interrupted", attempts: 0 });
    expect(source.count("original")).toBe(0);
  });

  test("nor is one fetched a second time for its wrong bytes", async () => {
    const quit = new AbortController();
    const { source, outcome } = lab({}, { stopping: quit.signal });
    source.seed(key, small);
    source.onRequest((request) => {
      quit.abort();
      return fetches({ kind: "spoil", body: () => Buffer.from("x"), headers: { etag: null } })(request);
    });
    expect(await outcome(rowOf(small))).toMatchObject({ outcome: "pending", code: "Interrupted", attempts: 1 });
    expect(source.count("original")).toBe(1);
  });

  test("at once, what is in flight is given up, and the row charged nothing", async () => {
    const now = new AbortController();
    const { source, outcome } = lab({}, { signal: now.signal });
    source.seed(key, small);
    source.onRequest(() => {
      now.abort();
      return undefined;
    });
    expect(await outcome(rowOf(small))).toMatchObject({ outcome: "pending", code: "Interrupted", attempts: 0 });
  });
});

test("a fault of the program is told as one, leaves the row pending, and ends it once its tries are used up", async () => {
  for (const [charged, outcome] of [
    [0, "pending"],
    [4, "failed"],
  ] as const) {
    const here = lab();
    here.source.seed(key, small);
    here.source.onRequest(() => {
      throw new TypeError("x is not a function");
    });
    const ended = await here.outcome(rowOf(small), { charged });
    expect(ended.outcome).toBe(outcome);
    expect(ended.message).toContain("a fault in cos-originals: x is not a function");
  }
});
