/** One delivery of a shard that nothing disturbs but its rows: what is recorded, in which order, and what it cost. */
import { describe, expect, test } from "vitest";
import { paths } from "../../../src/ledger/layout.ts";
import { pulsePath, slotAt } from "../../../src/ledger/pulse.ts";
import { requestTypes } from "../../../src/report/tally.ts";
import { refuse } from "../../stores/bucket-fault.ts";
import { allAt, attemptId, keyOf, later, shardLab } from "./lab.ts";

describe("a shard that nothing disturbs", () => {
  test("is over: every row recorded, the done marker's name adds up, the archive holds the bytes", async () => {
    const here = shardLab(25);
    expect(await here.work()).toEqual({ kind: "over" });
    here.expectOver({ archived: 25 });
    expect([here.source.count("original"), here.source.count("head"), here.archive.count("put")]).toEqual([25, 0, 25]);
    expect(here.written(paths.outcomes(0)).at(-1)).toMatch(/-open~0$/);
    expect(here.written("done/")).toHaveLength(1);
  });

  test("acknowledges nothing before it is durable: segments, then the end and the done marker", async () => {
    const here = shardLab(450);
    here.ledger.onRequest((request) => {
      if (/-end$|\/done\/.*~a/.test(request.key)) expect(here.folded().size).toBe(450);
      return undefined;
    });
    expect(await here.work()).toEqual({ kind: "over" });
    const put = here.ledger.log.filter((request) => request.type === "put").map((request) => request.key);
    expect(put.at(0)).toMatch(/-open~0$/);
    expect(put.at(-2)).toMatch(/-end$/);
    expect(put.at(-1)).toMatch(/\/done\/000000\/000000000~a450~s0~f0~b\d+~/);
    // 200 outcomes at most wait before a segment is begun.
    for (const segment of here.segments()) expect(segment.outcomes.length).toBeLessThanOrEqual(208);
  });

  test("its trailers count what the buckets saw", async () => {
    const here = shardLab(30, { ifExists: "skip" });
    here.source.onRequest((request) => (request.nth === 3 ? refuse("InternalError") : undefined));
    await here.work();
    const sum = Object.fromEntries(
      requestTypes.map((type) => [
        type,
        here.segments().reduce((total, { trailer }) => total + (trailer?.requests[type] ?? 0), 0),
      ]),
    );
    expect(sum).toMatchObject({
      "source.get": here.source.count("original"),
      "source.head": here.source.count("head"),
      "archive.put": here.archive.count("put"),
      "archive.head": here.archive.count("head"),
    });
    expect(here.source.count("original")).toBe(31);
    expect(here.segments().reduce((total, { trailer }) => total + (trailer?.retries ?? 0), 0)).toBe(1);
    // Those that follow the last segment, the end and the done marker, are in none.
    expect(sum.ledger).toBe(here.ledger.log.length - 2);
  });

  test("one row's program fault, or failure, does not stop the others", async () => {
    const here = shardLab(10, { maxAttempts: 1 });
    here.source.onRequest((request) => {
      if (request.key === keyOf(3)) throw new TypeError("x is not a function");
      return request.key === keyOf(4) ? refuse("NoSuchKey") : undefined;
    });
    expect(await here.work()).toEqual({ kind: "over" });
    here.expectOver({ archived: 8, failed: 2 });
    expect(here.folded().get(3)?.outcome).toMatchObject({ code: "RetriesExhausted" });
    expect(here.folded().get(4)?.outcome).toMatchObject({ code: "NoSuchKey", status: 404 });
  });
});

describe("rows that planning settled", () => {
  test("are recorded as they are, without a request to source or archive", async () => {
    const settled = { outcome: "skipped", code: "Duplicate", message: "the same as row 1" } as const;
    const invalid = { outcome: "failed", code: "InvalidRow", message: "row 3, column 2: no size" } as const;
    const here = shardLab([
      { key: "a", settled },
      { key: "", settled: invalid },
    ]);
    expect(await here.work()).toEqual({ kind: "over" });
    here.expectOver({ archived: 0, skipped: 1, failed: 1 });
    expect([here.source.log.length, here.archive.log.length]).toEqual([0, 0]);
    expect(here.folded().get(1)?.outcome).toMatchObject({ ...invalid, attempts: 0 });
  });

  test("a thousand at once take a few segments, not one each", async () => {
    const settled = { outcome: "skipped", code: "Unchanged", message: "as last night" } as const;
    const here = shardLab(Array.from({ length: 1000 }, (_, n) => ({ key: keyOf(n), settled })));
    expect(await here.work()).toEqual({ kind: "over" });
    here.expectOver({ archived: 0, skipped: 1000 });
    expect(here.segments().length).toBeLessThanOrEqual(5);
  });
});

describe("a slow row", () => {
  test("is no reason for silence: the attempt shows itself every 10 s", async () => {
    const here = shardLab(1);
    here.source.onRequest((request) => (request.type === "original" ? { kind: "delay", ms: 65_000 } : undefined));
    const began = here.clock.now();
    expect(await here.work()).toEqual({ kind: "over" });
    const signs = here.segments().map((segment) => (segment.at - began) / 1000);
    expect(signs.slice(0, 6)).toEqual([10, 20, 30, 40, 50, 60]);
    here.expectOver({ archived: 1 });
  });

  test("lets outcomes wait for a second at most", async () => {
    const here = shardLab(2);
    here.source.onRequest((request) => (request.key === keyOf(1) ? { kind: "delay", ms: 5_000 } : undefined));
    const began = here.clock.now();
    await here.work();
    expect(here.segments().map(({ at, outcomes }) => [(at - began) / 1000, outcomes.length])).toEqual([
      [1, 1],
      [5, 1],
    ]);
  });
});

describe("refusals", () => {
  const denied = (...keys: number[]) => {
    const names = new Set(keys.map(keyOf));
    return (request: { type: string; key: string }) => (names.has(request.key) ? refuse("AccessDenied") : undefined);
  };

  test("of single keys fail those rows", async () => {
    const here = shardLab(30, {}, { concurrency: 1 });
    here.source.onRequest(denied(3, 4, 5, 20, 29));
    expect(await here.work()).toEqual({ kind: "over" });
    here.expectOver({ archived: 25, failed: 5 });
    expect(here.folded().get(29)?.outcome).toMatchObject({ code: "AccessDenied", status: 403, key: keyOf(29) });
  });

  const halts = (here: ReturnType<typeof shardLab>) => here.written("control/").filter((path) => /-halt/.test(path));
  const reason = (here: ReturnType<typeof shardLab>) =>
    JSON.parse(here.ledger.object(`ledger/runs/run-1/${halts(here)[0]}`)?.bytes.toString() ?? "{}").reason as string;

  describe("of every row, while nothing of the run is archived", () => {
    test("halt it after five fetches, of rows from all over the shard; they stay pending and are charged nothing", async () => {
      const here = shardLab(100, {}, { concurrency: 32 });
      here.source.onRequest(() => refuse("AccessDenied"));
      expect(await here.work()).toMatchObject({ kind: "stopped", control: { kind: "halt" } });
      expect(here.source.count("original")).toBe(5);
      const rows = here.source.log.map(({ key }) => Number(/\d+/.exec(key)?.[0])).sort((a, b) => a - b);
      expect(Math.max(...rows) - Math.min(...rows)).toBeGreaterThan(50);
      expect(halts(here)).toHaveLength(1);
      expect(reason(here)).toContain("none of the first 5 rows that were fetched could be archived");
      expect(reason(here)).toContain("cos:GetObject) ends with AccessDenied in cos://photos-1250000000");
      for (const { outcome, charged } of here.folded().values()) {
        expect([outcome.outcome, charged]).toEqual(["pending", 0]);
      }
      expect(here.markers()).toEqual([]);
    });

    test.each(["put", "head"] as const)(
      "halt it where the archive refuses the %s, before more is paid",
      async (type) => {
        const here = shardLab(200, {}, { concurrency: 32 });
        // What a LIST tells takes no HEAD.
        const refused = type === "put" ? ["put"] : ["head", "list"];
        here.archive.onRequest((request) => (refused.includes(request.type) ? refuse("AccessDenied") : undefined));
        expect(await here.work()).toMatchObject({ kind: "stopped", control: { kind: "halt" } });
        expect(here.source.count("original")).toBe(type === "put" ? 5 : 0);
        expect(reason(here)).toContain(
          `(cos:${type === "put" ? "Put" : "Head"}Object) ends with AccessDenied in cos://archive-`,
        );
      },
    );

    test.each([
      ["s3://photo-archive", "put", "the PUT (s3:PutObject) ends with AccessDenied in s3://photo-archive"],
      ["s3://photo-archive", "head", "the HEAD (s3:GetObject) ends with AccessDenied in s3://photo-archive"],
      ["file:///mnt/archive", "put", ": the PUT ends with AccessDenied in file:///mnt/archive"],
    ])("name what must be allowed as the store does, in %s of a %s", async (address, type, says) => {
      const here = shardLab(20);
      // What a LIST tells takes no HEAD.
      const refused = type === "put" ? ["put"] : ["head", "list"];
      here.archive.onRequest((request) => (refused.includes(request.type) ? refuse("AccessDenied") : undefined));
      const archive = { ...here.archive, address };
      expect(await here.work({ archive })).toMatchObject({ kind: "stopped" });
      expect(reason(here)).toContain(says);
    });

    test("and a HEAD refused costs nothing: it comes before the fetch", async () => {
      const here = shardLab(Array.from({ length: 300 }, (_, n) => ({ key: keyOf(n) })));
      here.source.onRequest(({ type }) => (type === "head" ? refuse("AccessDenied") : undefined));
      expect(await here.work()).toMatchObject({ kind: "stopped", control: { kind: "halt" } });
      expect(here.source.count("original")).toBe(0);
    });

    test("halt it again after one resume, for other rows; after a second the rest is worked all the same", async () => {
      const here = shardLab(40, {}, { concurrency: 4 });
      here.source.onRequest(({ type }) => (type === "original" ? refuse("AccessDenied") : undefined));
      const fetched = () => new Set(here.source.log.map(({ key }) => key)).size;
      expect(await here.work()).toMatchObject({ kind: "stopped" });
      await here.control("resume");
      expect(await here.work()).toMatchObject({ kind: "stopped" });
      expect([here.source.count("original"), fetched()]).toEqual([10, 10]);
      await here.control("resume");
      expect(await here.work()).toEqual({ kind: "over" });
      here.expectOver({ archived: 0, failed: 40 });
    });
  });

  test("of rows that are not there, or that the archive has, are no trial: they cost nothing and hold nothing up", async () => {
    const here = shardLab(60, {}, { concurrency: 8 });
    here.source.onRequest(({ key }) => (key === keyOf(17) ? undefined : refuse("NoSuchKey")));
    expect(await here.work()).toEqual({ kind: "over" });
    here.expectOver({ archived: 1, failed: 59 });
  });

  describe("of one kind in a row, of a run that has archived rows", () => {
    const good = 17;
    const streaky = (refused: (key: string, nth: number) => boolean, limit = 20) => {
      const here = shardLab(300, {}, { concurrency: 4, limit });
      let nth = 0;
      here.source.onRequest(({ type, key }) =>
        type === "original" && refused(key, ++nth) ? refuse("InvalidImageSource") : undefined,
      );
      return here;
    };

    test("fail those rows, where a row that was archived is still brought", async () => {
      const here = streaky((key) => key !== keyOf(good));
      // The trial ends with the one good row.
      here.trace(paths.firstArchived, JSON.stringify({ key: keyOf(good), archiveKey: `kept/${keyOf(good)}` }));
      expect(await here.work()).toEqual({ kind: "over" });
      here.expectOver({ archived: 1, failed: 299 });
      // Looked into at 20, 40, 80, 160: each a fetch more.
      expect(here.source.count("original")).toBeLessThanOrEqual(300 + 5);
    });

    test("halt the run, where a row that was archived is refused as well", async () => {
      const here = streaky((_, nth) => nth > 50);
      expect(await here.work()).toMatchObject({ kind: "stopped", control: { kind: "halt" } });
      expect(here.source.count("original")).toBeLessThanOrEqual(50 + 20 + 4 + 1);
      expect(reason(here)).toMatch(
        /20 rows failed in a row, and so does "photos\/\d+\.jpg", which was archived before/,
      );
    });

    test("stop this worker alone, where others archive meanwhile", async () => {
      const here = shardLab(300, {}, { concurrency: 4, limit: 20 });
      let nth = 0;
      here.source.onRequest(() => (++nth > 50 ? refuse("InvalidImageSource") : { kind: "delay", ms: 500 }));
      const other = attemptId(7);
      const pulse = () => {
        const slot = slotAt(here.clock.now());
        here.trace(pulsePath({ slot, worker: other, archived: 9, failed: 0, succeeded: allAt(slot) }));
      };
      const { ended } = here.deliver();
      for (let s = 0; s < 20; s++) void later(here, s * 1_000, pulse);
      expect(await here.until(ended)).toMatchObject({ kind: "sick", code: "InvalidImageSource" });
      expect(halts(here)).toEqual([]);
    });
  });

  test("that no row can escape halt at once, and say why once", async () => {
    const here = shardLab(100, {}, { concurrency: 8 });
    here.source.onRequest((request) => (request.nth > 20 ? refuse("InvalidAccessKeyId") : undefined));
    expect(await here.work()).toMatchObject({ kind: "stopped", control: { kind: "halt", epoch: 1 } });
    expect(here.source.count("original")).toBeLessThanOrEqual(28);
    const [halt] = halts(here);
    expect(
      here.ledger.log.filter((request) => request.type === "put" && request.key.endsWith(String(halt))),
    ).toHaveLength(1);
    expect(here.ledger.object(`ledger/runs/run-1/${halt}`)?.bytes.toString()).toContain("InvalidAccessKeyId");
    expect(here.folded().size).toBeGreaterThanOrEqual(20);
  });
});
