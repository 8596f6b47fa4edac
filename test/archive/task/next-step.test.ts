/** The road of one row as a table: what is known, and what is next. It reads as "One task" in docs/architecture.md does. */
import { describe, expect, test } from "vitest";
import { provenanceRun } from "../../../src/archive/task/archive-headers.ts";
import { type Knowledge, type Rules, startKnowledge } from "../../../src/archive/task/knowledge.ts";
import { nextStep, type Step } from "../../../src/archive/task/next-step.ts";
import { runOptionsSchema } from "../../../src/ledger/plan/run-options.ts";
import type { ObjectInfo } from "../../../src/objects/bucket.ts";

const md5 = "0123456789abcdef0123456789abcdef";
const all = { size: 9, etag: md5, crc64: "77" };
const multipart = { size: 9, etag: `${md5}-2` };

const info = (told: Partial<ObjectInfo>): ObjectInfo => ({ status: 200, headers: {}, ...told });
const held = (told: Partial<ObjectInfo>): Partial<Knowledge> => ({
  body: { kind: "held", bytes: Buffer.alloc(9), reply: info(told) },
});
const stream = (told: Partial<ObjectInfo>): Partial<Knowledge> => ({
  body: { kind: "stream", stream: Object.assign((async function* () {})(), { destroy() {} }), reply: info(told) },
});
const fromRow = (told: object) => ({ expectation: { from: "row", ...told } }) as const;
const fromHead = (told: object) => ({ expectation: { from: "head", ...told } }) as const;

const now = Date.UTC(2026, 0, 15, 12);
const hours = 3_600_000;
const restores = (more: object = {}) => rules({ archivedClass: "restore", ...more });
/** A restore that is waited for since so many hours. */
const since = (ago: number, asked = 1, storageClass = "ARCHIVE"): Partial<Knowledge> => ({
  restore: {
    storageClass,
    askedAt: new Date(now - ago * hours).toISOString(),
    lookAt: new Date(now).toISOString(),
    asked,
  },
  storageClass,
});
const byPlain: Partial<Knowledge> = {
  fetched: { status: 200, requestId: "r", at: new Date(now).toISOString(), plain: true },
};
const ongoing = 'ongoing-request="true"';
const there = 'ongoing-request="false", expiry-date="Fri, 30 Jan 2026 00:00:00 GMT"';

const rules = (options: object = {}, more: Partial<Rules> = {}): Rules => ({
  options: runOptionsSchema.parse(options),
  run: "run-1",
  trustsMd5: () => true,
  asksMetadata: () => false,
  now: () => now,
  putLimit: 5 * 1024 ** 3,
  ...more,
});
const knowing = (more: Partial<Knowledge>): Knowledge => ({
  ...startKnowledge(
    { row: 0, planned: { key: "a.jpg" }, archiveKey: "a.jpg", charged: 0, unsure: false },
    rules({ ifExists: "overwrite" }),
    0,
  ),
  tries: 1,
  rounds: 1,
  ...more,
});
const asked = (there?: ObjectInfo): Partial<Knowledge> => ({ archive: "asked", there });
const classed = (storageClass: string, restore?: string): Partial<ObjectInfo> => ({
  ...all,
  headers: {
    "x-cos-storage-class": storageClass,
    ...(restore === undefined ? {} : { "x-cos-restore": restore }),
  },
});
/** Another object, of which a HEAD of the archive tells all. */
const other = info({ ...all, crc64: "78", lastModified: now });
const keptCopy: Partial<Knowledge> = { kept: { object: other, standing: undefined } };
const historied = (options: object = {}) =>
  rules(
    { history: "history/", ...options },
    { history: { prefix: "history/", mostKeyBytes: 850, mostCopyBytes: 5 * 1024 ** 3 } },
  );
const ours = { headers: { [provenanceRun]: "run-1" } };
const ends = (code: string) => ({ kind: "end", verdict: { kind: "failed", code } });

type Line = readonly [what: string, known: Partial<Knowledge>, next: object, rules?: Rules];

const table: Record<string, readonly Line[]> = {
  "the archive is asked first": [
    ["where nothing is known of it", { archive: "unasked" }, { kind: "ask-archive" }],
    ["also with the bytes in hand", { archive: "unasked", ...held(all) }, { kind: "ask-archive" }],
    ["and nothing there: fetch", { ...asked(), ...fromRow(all) }, { kind: "fetch", learn: false }],
    [
      "the original is there: skipped",
      { ...asked(info(all)), ...fromRow(all) },
      { verdict: { kind: "already-there", ours: false } },
    ],
    [
      "put by this run: archived, as recovered",
      { ...asked(info({ ...all, ...ours })), ...fromRow(all) },
      { verdict: { kind: "already-there", ours: true } },
    ],
    [
      "another is there: fetch and put",
      { ...asked(info({ ...all, crc64: "78" })), ...fromRow(all) },
      { kind: "fetch" },
    ],
    [
      "another is there, --if-exists fail",
      { ...asked(info({ ...all, crc64: "78" })), ...fromRow(all) },
      { verdict: { kind: "taken" } },
      rules({ ifExists: "fail" }),
    ],
    [
      "whatever is there, --if-exists keep",
      { ...asked(info({})), ...fromRow(all) },
      { verdict: { kind: "kept" } },
      rules({ ifExists: "keep" }),
    ],
    [
      "put by this run, --if-exists keep",
      { ...asked(info({ ...all, ...ours })), ...fromRow(all) },
      { verdict: { kind: "already-there" } },
      rules({ ifExists: "keep" }),
    ],
    [
      "put by another run, --if-exists overwrite",
      { ...asked(info(all)), ...fromRow(all) },
      { kind: "fetch" },
      rules({ ifExists: "overwrite" }),
    ],
    [
      "too little is known to compare",
      { ...asked(info(all)), ...fromRow({ size: 9 }) },
      { kind: "learn", what: "expectation" },
    ],
    [
      "a HEAD could settle it: encrypted, no CRC64 in the row",
      { ...asked(info({ size: 9, crc64: "77", etag: "opaque" })), ...fromRow({ size: 9, etag: md5 }) },
      { kind: "learn", what: "expectation" },
    ],
    [
      "too little, though the source was asked: a fetch would be paid for in vain",
      { ...asked(info({ size: 9 })), ...fromHead({ size: 9 }) },
      ends("NoProof"),
    ],
  ],
  "what the original is, is known from somewhere other than the GET": [
    ["the row tells size and MD5", fromRow({ size: 9, etag: md5 }), { kind: "fetch", learn: false }],
    ["the row tells a CRC64", fromRow({ crc64: "77" }), { kind: "fetch", learn: false }],
    ["the row tells nothing: a HEAD beside the GET", fromRow({}), { kind: "fetch", learn: true }],
    [
      "nor anything of the run that is archived: the HEAD first",
      fromRow({}),
      { kind: "learn" },
      rules({}, { isOnTrial: () => true }),
    ],
    [
      "the row tells enough, on trial too",
      fromRow({ crc64: "77" }),
      { kind: "fetch" },
      rules({}, { isOnTrial: () => true }),
    ],
    [
      "on trial the HEAD for the metadata comes before the fetch too",
      fromRow({ crc64: "77" }),
      { kind: "learn", what: "metadata" },
      rules({}, { isOnTrial: () => true, asksMetadata: () => true }),
    ],
    [
      "but not twice",
      { ...fromRow({ crc64: "77" }), head: info({}) },
      { kind: "fetch", learn: false },
      rules({}, { isOnTrial: () => true, asksMetadata: () => true }),
    ],
    ["its ETag is of a multipart upload", fromRow(multipart), { kind: "fetch", learn: true }],
    [
      "its bucket's ETags are no MD5s",
      fromRow({ size: 9, etag: md5 }),
      { kind: "fetch", learn: true },
      rules({}, { trustsMd5: () => false }),
    ],
    [
      "too large for one PUT, and no CRC64",
      fromRow({ size: 9, etag: md5 }),
      { kind: "fetch", learn: true },
      rules({}, { putLimit: 8 }),
    ],
    ["--expect get trusts the reply", fromRow({}), { kind: "fetch", learn: false }, rules({ expect: "get" })],
    [
      "--proof size needs only a length",
      fromRow({ size: 9 }),
      { kind: "fetch", learn: false },
      rules({ proof: "size" }),
    ],
    [
      "fetched, and no proof from the row",
      { ...fromRow(multipart), ...held(multipart) },
      { kind: "learn", what: "expectation" },
    ],
    ["fetched, and no proof from anywhere", { ...fromHead(multipart), ...held(multipart) }, ends("NoProof")],
    ["fetched, and no length from anywhere", { ...fromHead({ etag: md5 }), ...stream({ etag: md5 }) }, ends("NoProof")],
  ],
  "what no protection covers goes by a plain GET first": [
    ["the row tells enough", { ...fromRow(all), plain: true }, { kind: "fetch", learn: false, plain: true }],
    ["it does not: a HEAD beside it", { ...fromRow({}), plain: true }, { kind: "fetch", learn: true, plain: true }],
    [
      "nothing but the fetch need be known of its metadata, on trial neither",
      { ...fromRow({ crc64: "77" }), plain: true },
      { kind: "fetch", learn: false, plain: true },
      rules({}, { isOnTrial: () => true, asksMetadata: () => true }),
    ],
    [
      "it came: put",
      { ...fromRow({ crc64: "77" }), plain: true, ...byPlain, ...held(all) },
      { kind: "put" },
      rules({}, { asksMetadata: () => true }),
    ],
    [
      "what was paid for may lack the metadata",
      { ...fromRow({ crc64: "77" }), plain: false, ...held(all) },
      { kind: "learn", what: "metadata" },
      rules({}, { asksMetadata: () => true }),
    ],
    [
      "something else came: look again",
      { ...fromRow(all), plain: true, ...held({ ...all, size: 8 }) },
      { kind: "look-again" },
    ],
    ["it was refused: what is paid for", { ...fromRow(all), plain: false }, { kind: "fetch", plain: false }],
    ["the archive holds it: neither", { ...asked(info(all)), ...fromRow(all), plain: true }, { kind: "end" }],
    ["it is empty: neither", { ...fromRow({ size: 0 }), plain: true, head: info({ size: 0 }) }, { kind: "put-empty" }],
  ],
  "an original in an archive class is fetched where it is restored": [
    [
      "the row names the class: a HEAD tells whether it is",
      { ...fromRow(all), storageClass: "ARCHIVE" },
      { kind: "learn", what: "expectation" },
    ],
    ["it is not: failed", { ...fromRow(all), head: info(classed("DEEP_ARCHIVE")) }, ends("InvalidObjectState")],
    [
      "it is not, --archived-class skip",
      { ...fromRow(all), head: info(classed("MAZ_ARCHIVE")) },
      { verdict: { kind: "left-out" } },
      rules({ archivedClass: "skip" }),
    ],
    [
      "it is being restored",
      { ...fromRow(all), head: info(classed("ARCHIVE", 'ongoing-request="true"')) },
      ends("InvalidObjectState"),
    ],
    [
      "it is restored: fetch",
      {
        ...fromRow(all),
        storageClass: "ARCHIVE",
        head: info(classed("ARCHIVE", 'ongoing-request="false", expiry-date="Fri, 30 Jan 2026 00:00:00 GMT"')),
      },
      { kind: "fetch" },
    ],
    [
      "its class was changed since: fetch",
      { ...fromRow(all), storageClass: "ARCHIVE", head: info(classed("STANDARD_IA")) },
      { kind: "fetch" },
    ],
    [
      "the archive holds it: no question",
      { ...fromRow(all), storageClass: "ARCHIVE", archive: "asked", there: info(all) },
      { verdict: { kind: "already-there" } },
    ],
    ["it was fetched all the same: put", { ...fromRow(all), storageClass: "ARCHIVE", ...held(all) }, { kind: "put" }],
  ],
  "an original in an archive class is restored where that is asked for": [
    [
      "it is not: restore",
      { ...fromRow(all), head: info(classed("ARCHIVE")) },
      { kind: "restore", storageClass: "ARCHIVE", tier: "Standard", days: 3 },
      restores(),
    ],
    [
      "in the tier and for the days that are asked for",
      { ...fromRow(all), head: info(classed("DEEP_ARCHIVE")) },
      { kind: "restore", tier: "Bulk", days: 9 },
      restores({ restoreTier: "Bulk", restoreDays: 9 }),
    ],
    [
      "by a tier that the class has not: failed, and nothing is asked",
      { ...fromRow(all), head: info(classed("DEEP_ARCHIVE")) },
      ends("InvalidObjectState"),
      restores({ restoreTier: "Expedited" }),
    ],
    [
      "somebody restores it already: waited for",
      { ...fromRow(all), head: info(classed("ARCHIVE", ongoing)) },
      { verdict: { kind: "waits", restore: { storageClass: "ARCHIVE", asked: 0 } } },
      restores(),
    ],
    [
      "nobody knew, and the fetch was refused for it: a HEAD tells the class",
      { ...fromRow(all), frozen: true },
      { kind: "learn", what: "expectation" },
      restores(),
    ],
    [
      "it needs no restoring after all: fetch",
      { ...fromRow(all), head: info(classed("ARCHIVE")), restored: true },
      { kind: "fetch" },
      restores(),
    ],
    [
      "the archive holds it: no restore",
      { ...fromRow(all), storageClass: "ARCHIVE", archive: "asked", there: info(all) },
      { verdict: { kind: "already-there" } },
      restores(),
    ],
    [
      "it is empty: no restore",
      { ...fromRow({ size: 0 }), head: info({ ...classed("ARCHIVE"), size: 0 }) },
      { kind: "put-empty" },
      restores(),
    ],
  ],
  "what is being restored is looked at before anything else": [
    [
      "by a HEAD, and the archive is not asked",
      { ...fromRow(all), ...since(1), archive: "unasked" },
      { kind: "learn", what: "expectation" },
      restores(),
    ],
    [
      "it goes on: waited for, and looked at again an hour later",
      { ...fromRow(all), ...since(2), archive: "unasked", head: info(classed("ARCHIVE", ongoing)) },
      { verdict: { kind: "waits", restore: { ...since(2).restore, lookAt: new Date(now + hours).toISOString() } } },
      restores(),
    ],
    [
      "nothing is told of it yet: it is not asked for again",
      { ...fromRow(all), ...since(0.01), head: info(classed("ARCHIVE")) },
      { verdict: { kind: "waits" } },
      restores(),
    ],
    [
      "it is restored: the archive is asked",
      { ...fromRow(all), ...since(5), archive: "unasked", head: info(classed("ARCHIVE", there)) },
      { kind: "ask-archive" },
      restores(),
    ],
    [
      "and then it is fetched",
      { ...fromRow(all), ...since(5), head: info(classed("ARCHIVE", there)) },
      { kind: "fetch" },
      restores(),
    ],
    [
      "its copy is gone again, as the run was stopped for long: restored anew",
      { ...fromRow(all), ...since(73), head: info(classed("ARCHIVE")) },
      { kind: "restore" },
      restores(),
    ],
    [
      "unless the archive holds it by now",
      { ...fromRow(all), ...since(73), archive: "unasked", head: info(classed("ARCHIVE")) },
      { kind: "ask-archive" },
      restores(),
    ],
    [
      "what was to be restored has been replaced meanwhile: restored anew",
      { ...fromRow(all), ...since(2), head: info({ ...classed("ARCHIVE"), lastModified: now - hours }) },
      { kind: "restore" },
      restores(),
    ],
    [
      "three times at most",
      { ...fromRow(all), ...since(24 * 7, 3), head: info(classed("ARCHIVE")) },
      ends("InvalidObjectState"),
      restores(),
    ],
    [
      "after a week it is given up",
      { ...fromRow(all), ...since(24 * 7), head: info(classed("DEEP_ARCHIVE", ongoing)) },
      ends("InvalidObjectState"),
      restores(),
    ],
  ],
  "an empty original needs no fetch": [
    ["by the row: its HEAD tells the rest", fromRow({ size: 0 }), { kind: "learn", what: "metadata" }],
    ["and its HEAD", { ...fromRow({ size: 0 }), head: info({ size: 0 }) }, { kind: "put-empty" }],
    [
      "by the image service and its HEAD",
      { ...fromRow({}), empty: true, head: info({ size: 0 }) },
      { kind: "put-empty" },
    ],
    [
      "and it has bytes now",
      { ...fromRow({ size: 0 }), head: info({ size: 4 }) },
      { kind: "look-again", wrong: "4 bytes instead of 0" },
    ],
  ],
  "what is replaced is copied first, where there is a history": [
    [
      "before the fetch",
      { ...asked(other), ...fromRow(all) },
      { kind: "keep", there: other, to: { key: "history/a.jpg~20260115T120000Z~78", etag: md5 } },
      historied(),
    ],
    ["and then fetched", { ...asked(other), ...keptCopy, ...fromRow(all) }, { kind: "fetch" }, historied()],
    ["nothing is there: fetched", { ...asked(), ...fromRow(all) }, { kind: "fetch" }, historied()],
    [
      "also under --if-exists overwrite",
      { ...asked(other), ...fromRow(all) },
      { kind: "keep" },
      historied({ ifExists: "overwrite" }),
    ],
    ["and with the bytes in hand", { ...asked(other), ...fromRow(all), ...held(all) }, { kind: "keep" }, historied()],
    [
      "another lies there by now: that too",
      { ...asked(info({ ...other, crc64: "79" })), ...keptCopy, ...fromRow(all), ...held(all) },
      { kind: "keep" },
      historied(),
    ],
    [
      "a LIST told of nothing, and the archive forbids no overwriting: asked by HEAD",
      { archive: "listed", there: undefined, ...fromRow(all) },
      { kind: "ask-archive" },
      { ...historied(), forbidsOverwrite: false },
    ],
    ["else not", { archive: "listed", there: undefined, ...fromRow(all) }, { kind: "fetch" }, historied()],
    ["then put", { ...asked(other), ...keptCopy, ...fromRow(all), ...held(all) }, { kind: "put" }, historied()],
    [
      "before an empty one is put",
      { ...asked(other), ...fromHead({ size: 0 }), head: info({ size: 0 }) },
      { kind: "keep" },
      historied(),
    ],
    [
      "a copy that can't be: nothing is fetched",
      { ...asked(info({ ...all, crc64: "78" })), ...fromRow(all) },
      ends("HistoryImpossible"),
      historied(),
    ],
    [
      "what can't be read of the source is not copied for",
      { ...asked(other), ...fromRow(all), head: info(classed("ARCHIVE")) },
      ends("InvalidObjectState"),
      historied(),
    ],
  ],
  "what can't be the original is refused before it is put": [
    [
      "another status than 200",
      { ...fromRow(all), ...held({ ...all, status: 206 }) },
      { kind: "look-again", wrong: "status 206" },
    ],
    [
      "another size",
      { ...fromRow(all), ...stream({ ...all, size: 8 }) },
      { kind: "look-again", wrong: "8 bytes instead of 9" },
    ],
    [
      "another CRC64",
      { ...fromRow(all), ...held({ ...all, crc64: "78" }) },
      { kind: "look-again", wrong: "CRC64 78 instead of 77" },
    ],
    [
      "bytes that proved wrong on their way",
      { ...fromRow(all), doubt: { kind: "difference", wrong: "7 bytes instead of 9", reply: info(all) } },
      { kind: "look-again", wrong: "7 bytes instead of 9" },
    ],
    [
      "bytes that the archive refused by their MD5",
      { ...fromRow(all), doubt: { kind: "bad-digest", reply: info(all) } },
      { kind: "look-again", wrong: "bytes whose MD5 is not the ETag" },
    ],
  ],
  "what was fetched is put with the strongest proof": [
    [
      "an MD5 is preferred: it costs nothing here",
      { ...fromRow(all), ...held(all) },
      { kind: "put", proof: "content-md5", size: 9 },
    ],
    [
      "a CRC64 where the floor asks for it",
      { ...fromRow(all), ...held(all) },
      { kind: "put", proof: "crc64" },
      rules({ proof: "crc64" }),
    ],
    [
      "a CRC64 where the ETag is known to be no MD5",
      { ...fromRow(all), md5: "unfit", ...held(all) },
      { kind: "put", proof: "crc64" },
    ],
    [
      "a CRC64 after a refusal by MD5",
      { ...fromRow(all), md5: "refused", ...held(all) },
      { kind: "put", proof: "crc64" },
    ],
    [
      "a length alone where that is accepted",
      { ...fromRow({ size: 9 }), ...held({ ...all }) },
      { kind: "put", proof: "size" },
      rules({ proof: "size" }),
    ],
    [
      "a small body that came as a stream is held first",
      { ...fromRow(all), ...stream({ etag: md5 }) },
      { kind: "hold", size: 9 },
    ],
    [
      "a large one streams through",
      { ...fromRow({ ...all, size: 2 ** 21 }), ...stream({ ...all, size: 2 ** 21 }) },
      { kind: "put", size: 2 ** 21 },
    ],
    [
      "a length alone, of a reply that does not name the object: asked by HEAD",
      { ...fromRow({ size: 9 }), ...held({ size: 9 }) },
      { kind: "learn", what: "expectation" },
      rules({ proof: "size" }),
    ],
    [
      "and no proof where that tells no checksum",
      { ...fromHead(multipart), ...held({ size: 9 }) },
      ends("NoProof"),
      rules({ proof: "size" }),
    ],
    [
      "its metadata is asked where the GET brought no header",
      { ...fromRow(all), ...held({ size: 9 }) },
      { kind: "learn", what: "metadata" },
    ],
    [
      "or where replies of this bucket bring none",
      { ...fromRow(all), ...held(all) },
      { kind: "learn", what: "metadata" },
      rules({}, { asksMetadata: () => true }),
    ],
    ["but not twice", { ...fromRow(all), ...held({ size: 9 }), head: info(all) }, { kind: "put" }],
  ],
  "the road ends": [
    [
      "where a step found how",
      { ...fromRow(all), verdict: { kind: "failed", code: "NotTheOriginal", message: "" } },
      ends("NotTheOriginal"),
    ],
    ["where the source never rests", { ...fromRow(all), rounds: 7 }, ends("SourceChanged")],
  ],
};

describe.each(Object.entries(table))("%s", (_, lines) => {
  test.each(lines.map(([what, known, next, by]) => ({ what, known, next, by })))(
    "$what",
    ({ known, next, by = rules() }) => {
      const step: Step = nextStep(knowing(known), by);
      expect(step.kind === "end" && !("kind" in next) ? { verdict: step.verdict } : step).toMatchObject(next);
    },
  );
});
