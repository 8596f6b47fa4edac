/** Catches: an event that a CloudEvents library refuses, or whose id is another when the same is told again. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { archivedEvent, archivedEvents } from "../../src/events/archived-event.ts";
import { attributeText, eventText } from "../../src/events/cloud-event.ts";
import { askedAgainEvent, endedEvent, refusedEvent } from "../../src/events/ended-event.ts";
import { foldShard } from "../../src/ledger/shard/fold.ts";
import { tallyToSummary } from "../../src/report/summary.ts";
import { emptyTally } from "../../src/report/tally.ts";
import type { Outcome } from "../../src/vocabulary/outcome.ts";
import { inputFor } from "../run/work/input.ts";
import { runs } from "../setup/quick.ts";
import { faultsOf } from "./conformant.ts";

const { request, ledger } = inputFor([], {}, { run: "nightly-1" });
const archived: Outcome = {
  row: 3,
  key: "2026/夏 天.png",
  outcome: "archived",
  archiveKey: "photos/2026/夏 天.png",
  receivedSize: 17,
  receivedEtag: '"0cc175b9c0f1b6a831c399e269772661"',
  receivedCrc64: "3231342946509354535",
  proof: "crc64",
  attempts: 1,
  ms: 5,
  fetchedAt: "2026-01-15T12:00:01.000Z",
};
const eventOf = (outcome: Outcome) => archivedEvent(request, outcome);
const text = (outcome: Outcome) => eventText(eventOf(outcome) as NonNullable<ReturnType<typeof eventOf>>);

describe("the event of an archived object", () => {
  test("says which original it is, where it is archived, and what proves it", () => {
    expect(JSON.parse(text(archived))).toEqual({
      specversion: "1.0",
      id: "nightly-1:3231342946509354535:photos/2026/夏 天.png",
      source: "cos://archive-1250000000/",
      type: "cos-originals.object.archived",
      subject: "photos/2026/夏 天.png",
      time: "2026-01-15T12:00:01.000Z",
      datacontenttype: "application/json",
      data: {
        schema: "cos-originals/archived@1",
        run: "nightly-1",
        source: { bucket: "photos-1250000000", region: "ap-guangzhou", key: "2026/夏 天.png" },
        archive: { bucket: "archive-1250000000", region: "ap-guangzhou", key: "photos/2026/夏 天.png" },
        size: 17,
        etag: '"0cc175b9c0f1b6a831c399e269772661"',
        crc64: "3231342946509354535",
        proof: "crc64",
      },
    });
  });

  test("has an id of run, bytes and archive key: the same when told again, another of other bytes", () => {
    const idOf = (over: Partial<Outcome>) => eventOf({ ...archived, ...over })?.id;
    expect(idOf({ ms: 900, attempts: 3, fetchedAt: "2026-01-16T12:00:01.000Z" })).toBe(idOf({}));
    const others = [
      idOf({}),
      idOf({ receivedCrc64: "1" }),
      idOf({ receivedCrc64: undefined }),
      idOf({ archiveKey: "photos/other.png" }),
      archivedEvent({ ...request, run: "nightly-2" }, archived)?.id,
    ];
    expect(new Set(others).size).toBe(others.length);
  });

  test("is of archived rows alone, each once, in the order of the rows", () => {
    const rows = [
      { ...archived, row: 5, archiveKey: "b" },
      { ...archived, row: 2, archiveKey: "a" },
      { row: 3, key: "c", outcome: "skipped", attempts: 0, ms: 0 } as const,
      { row: 4, key: "d", outcome: "failed", attempts: 1, ms: 0 } as const,
    ];
    const folded = foldShard([
      { attempt: "1", outcomes: rows },
      { attempt: "2", outcomes: [{ ...archived, row: 5, archiveKey: "b" }] },
    ]);
    expect(archivedEvents(request, folded).map(({ subject }) => subject)).toEqual(["a", "b"]);
  });

  test("conforms to CloudEvents, and is JSON that SQS takes, whatever the key is", () => {
    const anyKey = fc.string({ unit: "binary", minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(anyKey, anyKey, (key, prefix) => {
        const event = archivedEvent(
          { ...request, archive: { ...request.archive, prefix } },
          { ...archived, key, archiveKey: `${prefix}${key}` },
        );
        const json = eventText(event as NonNullable<typeof event>);
        expect(faultsOf(json)).toEqual([]);
        expect(json).not.toMatch(/[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/u);
        expect(JSON.parse(json).data.archive.key).toBe(`${prefix}${key}`);
      }),
      { numRuns: runs(100) },
    );
  });

  test("is found at fault where it is", () => {
    const { id: _, ...without } = JSON.parse(text(archived));
    expect(faultsOf(JSON.stringify({ ...without, source: "a b", time: "today", traceParent: "x" }))).toEqual([
      "id: missing",
      'source: "a b"',
      'time: "today"',
      "traceParent: no name of an attribute",
    ]);
  });
});

describe("the event of a run's end", () => {
  const facts = { run: "r", state: "halted", startedAt: 0, endedAt: 2_000, reason: "every key was refused" } as const;
  const tally = {
    ...emptyTally(),
    archived: 2,
    failed: 1,
    failures: new Map([["NoSuchKey", { count: 1, keys: ["a secret name.png"] }]]),
  };
  const summary = tallyToSummary(tally, facts);

  test("says how it ended, with counts and without keys", () => {
    const json = eventText(endedEvent(ledger, summary, 3));
    expect(faultsOf(json)).toEqual([]);
    expect(json).not.toContain("a secret name");
    expect(JSON.parse(json)).toMatchObject({
      id: "r:halted:3",
      type: "cos-originals.run.ended",
      subject: "r",
      time: "1970-01-01T00:00:02.000Z",
      data: {
        schema: "cos-originals/ended@1",
        run: "r",
        state: "halted",
        rows: 3,
        archived: 2,
        failed: 1,
        failures: [{ code: "NoSuchKey", count: 1 }],
        reason: "every key was refused",
        ledger: "cos://archive-1250000000/.originals/",
      },
    });
  });

  test("is another when a run is stopped once more, or is asked for again", () => {
    const ids = [endedEvent(ledger, summary, 3), endedEvent(ledger, summary, 5), askedAgainEvent(ledger, summary, "m")];
    expect(new Set(ids.map(({ id }) => id)).size).toBe(3);
    expect(askedAgainEvent(ledger, summary, "m").data).toMatchObject({ askedAgain: true, state: "halted" });
  });

  test("tells of a run that was refused before it had an id", () => {
    const refused = { run: undefined, code: "TooFewRows", message: "No.", at: "2026-01-15T12:00:00.000Z", asked: "m" };
    const event = refusedEvent(ledger, refused);
    expect(faultsOf(eventText(event))).toEqual([]);
    expect(event).toMatchObject({ id: ":refused:m:TooFewRows", data: { run: null, state: "refused", message: "No." } });
  });
});

test("attributes hold no control characters, whatever a key holds", () => {
  expect(attributeText("a\u0007b\u0085\ud800c")).toBe("a%07b%C2%85\ufffdc");
});
