/**
 * Whatever the two buckets answer, the road of a row ends; no original is paid for again while its bytes are held; nothing is put
 * that nothing but the reply itself vouches for.
 */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  answerLost,
  archiveAnswered,
  digestOverruled,
  digestRefused,
  keptStands,
  keyTaken,
  replacedMeanwhile,
} from "../../../src/archive/task/from-archive.ts";
import { fetched, learned, lookedAgain, plainRefused, wrongBytes } from "../../../src/archive/task/from-source.ts";
import { restoreAnswered, restoreLost } from "../../../src/archive/task/frozen.ts";
import type { Knowledge, Rules } from "../../../src/archive/task/knowledge.ts";
import { newTry, startKnowledge } from "../../../src/archive/task/knowledge.ts";
import { nextStep } from "../../../src/archive/task/next-step.ts";
import { readable } from "../../../src/cos/exchange/restored.ts";
import { runOptionsSchema } from "../../../src/ledger/plan/run-options.ts";
import type { PlannedRow } from "../../../src/ledger/plan/shard-rows.ts";
import type { ObjectInfo, ObjectResponse } from "../../../src/objects/bucket.ts";
import { runs } from "../../setup/quick.ts";
import { type Fault, loseAnswer, refuse, reset } from "../../stores/bucket-fault.ts";
import { digestsOf } from "../../stores/memory-objects.ts";
import { archiveKey, bytesOf, key as imageKey, lab, large } from "./lab.ts";

const options = fc.record({
  ifExists: fc.constantFrom("skip", "keep", "overwrite", "fail"),
  ifChanged: fc.constantFrom("archive", "fail"),
  proof: fc.constantFrom("auto", "content-md5", "crc64", "size"),
  expect: fc.constantFrom("auto", "get"),
  maxAttempts: fc.integer({ min: 1, max: 6 }),
  history: fc.constantFrom(undefined, "history/"),
} as const);

describe("the road of a row, over two buckets that may answer anything", () => {
  const versions = [Buffer.alloc(0), bytesOf(1000, 1), bytesOf(1000, 2), bytesOf(700, 3), large] as const;
  const impostor = bytesOf(1000, 99);
  const version = fc.nat(versions.length - 1);
  /** What goes wrong with the first, the second, … request of a type. */
  const troubles = fc.array(
    fc.option(
      fc.constantFrom<Fault | "replaced">(
        reset,
        loseAnswer,
        refuse("InternalError"),
        refuse("SlowDown"),
        refuse("NoSuchKey"),
        refuse("BadDigest"),
        refuse("AccessDenied"),
        refuse("FileAlreadyExists"),
        refuse("InvalidImageSource", { errNo: -40168 }),
        { kind: "break-off", afterBytes: 300 },
        // Most of what comes wrong is this: other bytes under the headers of the right ones.
        { kind: "spoil", body: () => impostor },
        { kind: "spoil", body: () => impostor },
        { kind: "spoil", body: () => impostor },
        { kind: "spoil", status: 206 },
        "replaced",
      ),
      { freq: 2 },
    ),
    { maxLength: 6 },
  );
  const story = fc.record({
    options,
    first: version,
    second: version,
    row: fc.record({
      of: fc.oneof({ weight: 3, arbitrary: fc.constant(undefined) }, version),
      size: fc.boolean(),
      etag: fc.boolean(),
      crc64: fc.boolean(),
    }),
    there: fc.option(version, { nil: undefined }),
    unsure: fc.boolean(),
    /** Of a key that can't be protected; then its plain GETs go wrong too. */
    plain: fc.boolean(),
    get: troubles,
    brings: fc.record({ etag: fc.boolean(), crc64: fc.boolean(), contentLength: fc.boolean() }),
    original: troubles,
    head: troubles,
    archiveHead: troubles,
    put: troubles,
    copy: troubles,
  });

  test("ends, pays for nothing that it holds, and archives only what the source was", async () => {
    await fc.assert(
      fc.asyncProperty(story, async (told) => {
        const key = told.plain ? "photos/a.pdf" : imageKey;
        const { source, archive, end } = lab(told.options);
        Object.assign(source.switches.originalBrings, told.brings);
        source.seed(key, versions[told.first] as Buffer);
        if (told.there !== undefined) archive.seed(archiveKey, versions[told.there] as Buffer);
        /** Paid fetches that brought a small body whole, without a look at the source since. */
        let heldUnquestioned = 0;
        /** Told after the end: what is thrown into a task is a fault of the program to it, and ends the row. */
        let paidTwice = 0;
        let plainAfterPaid = 0;
        const trouble = (of: readonly (Fault | "replaced" | null)[], nth: number): Fault | undefined => {
          const what = of[nth - 1] ?? undefined;
          if (what !== "replaced") return what;
          source.seed(key, versions[told.second] as Buffer);
          return undefined;
        };
        source.onRequest(({ type, nth }) => {
          if (type === "head") heldUnquestioned = 0;
          const fault = trouble(type === "original" ? told.original : type === "get" ? told.get : told.head, nth);
          if (type === "original" || type === "get") {
            paidTwice += heldUnquestioned;
            if (type === "get" && source.count("original") > 0) plainAfterPaid++;
            const whole = fault === undefined || fault.kind === "spoil";
            const stored = source.object(key)?.bytes.length ?? 0;
            const tellsLength = type === "get" || told.brings.contentLength;
            if (whole && stored > 0 && stored <= 1024 * 1024 && tellsLength) heldUnquestioned++;
          }
          return fault;
        });
        archive.onRequest(({ type, nth }) =>
          trouble(type === "head" ? told.archiveHead : type === "copy" ? told.copy : told.put, nth),
        );
        const { of = told.first, ...says } = told.row;
        const all = { size: versions[of]?.length, ...digestsOf(versions[of] as Buffer) };
        const row: PlannedRow = {
          key,
          ...(says.size ? { size: all.size } : undefined),
          ...(says.etag ? { etag: all.etag } : undefined),
          ...(says.crc64 ? { crc64: all.crc64 } : undefined),
        } as PlannedRow;
        const { outcome } = await end(row, { unsure: told.unsure });
        expect(paidTwice, "fetches of what is held").toBe(0);
        expect(plainAfterPaid, "plain GETs of what had to be paid for").toBe(0);
        if (!told.plain) expect(source.count("get")).toBe(0);
        expect(outcome.code, outcome.message).not.toBe("ProgramFault");
        const bytes = archive.object(archiveKey)?.bytes;
        const there = told.there === undefined ? undefined : (versions[told.there] as Buffer);
        if (told.options.history !== undefined && there !== undefined && !bytes?.equals(there)) {
          const kept = archive.keys().filter((name) => name.startsWith("history/"));
          expect(kept.map((name) => archive.object(name)?.bytes.equals(there))).toContain(true);
        }
        if (outcome.outcome === "archived") expect(bytes).toBeDefined();
        // A length alone, or the reply's own word, was asked to be enough.
        if (bytes === undefined || told.options.proof === "size" || told.options.expect === "get") return;
        expect(
          versions.some((original) => original.equals(bytes)),
          "what stands in the archive was an original",
        ).toBe(true);
      }),
      { numRuns: runs(800), verbose: 1 },
    );
  });
});

describe("from any knowledge", () => {
  const told = fc.record(
    {
      size: fc.constantFrom(0, 9, 10),
      etag: fc.constantFrom("0123456789abcdef0123456789abcdef", "f123456789abcdef0123456789abcdef", "opaque-2"),
      crc64: fc.constantFrom("77", "78"),
      lastModified: fc.constantFrom(0, 1000),
    },
    { requiredKeys: [] },
  );
  const info = told.chain((says) =>
    fc
      .record({
        status: fc.constantFrom(200, 200, 200, 206),
        headers: fc.constantFrom(
          {},
          { "x-cos-server-side-encryption": "AES256" },
          { "x-cos-meta-original-run": "run-1" },
          { "x-cos-storage-class": "ARCHIVE" },
          { "x-cos-storage-class": "DEEP_ARCHIVE", "x-cos-restore": 'ongoing-request="true"' },
          { "x-cos-storage-class": "ARCHIVE", "x-cos-restore": 'ongoing-request="false", expiry-date="later"' },
        ),
      })
      .map((rest) => ({ ...says, ...rest }) as ObjectInfo),
  );
  const reply = fc.tuple(info, fc.boolean(), fc.constantFrom(9, 10)).map(
    ([its, streams, length]) =>
      ({
        ...its,
        ...(streams
          ? { kind: "stream", stream: Object.assign((async function* () {})(), { destroy() {} }) }
          : { kind: "bytes", bytes: Buffer.alloc(length) }),
      }) as ObjectResponse,
  );
  const decisions = fc
    .record({
      options,
      archivedClass: fc.constantFrom("fail", "skip", "restore"),
      restoreTier: fc.constantFrom("Standard", "Bulk", "Expedited"),
      md5: fc.boolean(),
      metadata: fc.boolean(),
      putLimit: fc.constantFrom(9, 5 * 1024 ** 3),
      history: fc.constantFrom(undefined, { prefix: "history/", mostKeyBytes: 850, mostCopyBytes: 9 }),
    })
    .map((its) => ({
      options: runOptionsSchema.parse({
        ...its.options,
        archivedClass: its.archivedClass,
        restoreTier: its.restoreTier,
        history: its.history?.prefix,
      }),
      history: its.history,
      run: "run-1",
      trustsMd5: () => its.md5,
      asksMetadata: () => its.metadata,
      now: () => now,
      putLimit: its.putLimit,
    }));

  const now = Date.UTC(2026, 0, 15, 12);
  const restore = fc.option(
    fc
      .record({ agoMs: fc.constantFrom(0, 3_600_000, 4 * 86_400_000, 8 * 86_400_000), asked: fc.nat(3) })
      .map(({ agoMs, asked }) => ({
        storageClass: "ARCHIVE",
        askedAt: new Date(now - agoMs).toISOString(),
        lookAt: new Date(now).toISOString(),
        asked,
      })),
    { nil: undefined },
  );

  test("it takes few steps to an end, and a body in hand is never fetched again", () => {
    fc.assert(
      fc.property(
        decisions,
        told,
        fc.boolean(),
        fc.constantFrom(imageKey, "photos/a.pdf"),
        restore,
        // A few, over and over: whoever always says the same must not keep the road from ending.
        fc.array(fc.record({ head: info, there: info, reply, put: fc.nat(5) }), { minLength: 1, maxLength: 3 }),
        (rules, says, unsure, key, restore, answers) => {
          const task = { row: 0, planned: { key, ...says } as PlannedRow, archiveKey, charged: 0, unsure, restore };
          let known: Knowledge = newTry(startKnowledge(task, rules, 0));
          let paidFor = false;
          for (let steps = 0; ; steps++) {
            expect(steps).toBeLessThan(60);
            const step = nextStep(known, rules);
            if (step.kind === "end") return;
            const answer = answers[steps % answers.length] as (typeof answers)[number];
            const before = known;
            switch (step.kind) {
              case "ask-archive":
                known = archiveAnswered(known, answer.put % 2 === 0 ? answer.there : undefined);
                break;
              case "learn":
                known = step.what === "metadata" ? { ...known, head: answer.head } : learned(known, answer.head, rules);
                break;
              case "look-again":
                known = lookedAgain(known, step.wrong, step.reply, answer.head, rules);
                break;
              case "restore":
                known =
                  answer.put === 5
                    ? newTryOf(restoreLost(known, step), steps)
                    : restoreAnswered(
                        known,
                        step,
                        (["begun", "under-way", "readable"] as const)[answer.put % 3]!,
                        rules,
                      );
                break;
              case "fetch":
                expect(known.body).toBeUndefined();
                expect(known.restored || readable(known.head, known.storageClass) === "yes", "can be read").toBe(true);
                if (step.plain) expect([key, paidFor]).toEqual(["photos/a.pdf", false]);
                else paidFor = true;
                known = step.plain && answer.put === 5 ? plainRefused(known) : fetched(known, answer.reply, "", rules);
                if (step.learn) known = learned(known, answer.head, rules);
                break;
              case "keep":
                expect(known.there).toBe(step.there);
                if (answer.put === 0) known = replacedMeanwhile(known);
                else if (answer.put === 1) known = newTryOf(known, steps);
                else known = keptStands(known, step.there, undefined);
                break;
              case "hold":
                known = { ...known, body: { kind: "held", bytes: Buffer.alloc(step.size), reply: answer.reply } };
                break;
              case "put-empty":
                expectKept(known, rules);
                if (answer.put % 2 === 0) return;
                known = keyTaken(known);
                break;
              case "put": {
                const { expectation } = known;
                if (step.proof === "crc64") expect(expectation.crc64).toBeDefined();
                if (step.proof === "content-md5") expect(expectation.etag).toMatch(/^[0-9a-f]{32}$/);
                if (step.proof === "size") expect(rules.options.proof).toBe("size");
                const its = known.body?.reply as ObjectInfo;
                expectKept(known, rules);
                if (answer.put === 0) return;
                if (answer.put === 1) known = keyTaken(known);
                else if (answer.put === 2) known = answerLost(known);
                else if (answer.put === 3) known = wrongBytes(known, "other bytes", its);
                else if (answer.put === 4) known = digestRefused(known, its);
                else
                  known =
                    step.proof === "content-md5" ? digestOverruled(known, rules) : wrongBytes(known, "others", its);
                if (answer.put === 2) known = newTryOf(known, steps);
                break;
              }
            }
            if (before.body?.kind === "held" && step.kind !== "look-again") expect(known.body).toBeDefined();
          }
        },
      ),
      { numRuns: runs(2000), verbose: 1 },
    );

    /** I13: nothing is put over what no copy stands of. An object that goes to another class, or is restored, stays what it was. */
    function expectKept({ there, kept }: Knowledge, { history }: Rules): void {
      if (history !== undefined && there !== undefined) expect(identityOf(kept?.object)).toEqual(identityOf(there));
    }
    function identityOf(its: ObjectInfo | undefined) {
      const { size, etag, crc64, lastModified } = its ?? {};
      return { size, etag, crc64, lastModified };
    }

    /** A request that failed: the tries are charged by who sends them (policy/retry.ts), so that not all fail for ever. */
    function newTryOf(known: Knowledge, steps: number): Knowledge {
      return steps < 20
        ? newTry(known)
        : { ...known, verdict: { kind: "failed", code: "RetriesExhausted", message: "" } };
    }
  });
});
