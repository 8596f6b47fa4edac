/**
 * Originals that the protection can't cover come by plain GETs. Catches: paying for them; trusting a plain GET where the service refuses it,
 * or makes the bytes smaller; asking both ways more than once; and what a plain GET says being taken for what a paid one would.
 */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isNeverProtected, protectableSuffixes } from "../../../src/cos/origin-protect.ts";
import type { Outcome } from "../../../src/vocabulary/outcome.ts";
import { type Fault, refuse } from "../../stores/bucket-fault.ts";
import { expectArchived, lab, large, rowOf, small } from "./lab.ts";

const key = "papers/a.pdf";
const pdf = { ...rowOf(small), key };
const headers = { "content-type": "application/pdf", "x-cos-meta-owner": "someone" };

/** Of a source that has the paper, and answers plain GETs so. */
function papers(answer?: Fault, more: Parameters<typeof lab>[1] = {}, bytes = small) {
  const here = lab({ ifExists: "overwrite" }, more);
  here.source.seed(key, bytes, { headers });
  here.source.onRequest(({ type }) => (type === "get" ? answer : undefined));
  return here;
}

describe("which keys never can be protected", () => {
  const suffix = fc.constantFrom(...protectableSuffixes, ...protectableSuffixes.map((one) => one.toUpperCase()));
  const stem = fc.stringMatching(/^[a-z0-9]{1,6}(?:\/[a-z0-9]{1,6}){0,2}$/);

  test("none with a suffix that can, nor with one before what may be a style's name", () => {
    fc.assert(
      fc.property(stem, suffix, fc.constantFrom("", "/w200", "!w200", "-w200", "_w200"), (name, ending, style) => {
        expect(isNeverProtected(`${name}.${ending}${style}`)).toBe(false);
      }),
    );
  });

  test.each(["a.pdf", "a", "a.tiff", "a.heic", "a.jpgs", "jpg", "a.jpg.zip", "photos.2026/notes.txt"])(
    "%s can't",
    (one) => {
      expect(isNeverProtected(one)).toBe(true);
    },
  );
});

describe("an original that can't be protected", () => {
  test("comes by a plain GET alone, with its metadata, though originImage is not known to bring any", async () => {
    const here = papers(undefined, { metadataTrust: { asks: () => true, learn: () => expect.unreachable() } });
    const outcome = await here.outcome(pdf);
    expect(outcome).toMatchObject({ outcome: "archived", proof: "content-md5", plain: true });
    expect(here.requests).toMatchObject({ "source.plain": 1, "source.get": 0, "source.head": 0 });
    expectArchived(here.archive, small);
    expect(here.archive.object("archive/photos/a.jpg")?.headers).toMatchObject(headers);
  });

  test.each<[why: string, refusal: Fault, heads: number]>([
    ["by the protection, all the same", refuse("AccessDenied", { errNo: -154 }), 0],
    ["by words alone", refuse("AccessDenied"), 0],
    ["with another status", refuse("UnavailableForLegalReasons", { status: 451 }), 0],
    ["as what was made smaller", { kind: "spoil", headers: { "x-slimflag": "1" } }, 0],
    ["silently: other bytes come", { kind: "spoil", body: () => Buffer.alloc(small.length, 1) }, 1],
    ["silently: fewer bytes come", { kind: "spoil", body: (bytes) => bytes.subarray(9) }, 1],
  ])("is paid for once where a plain GET is refused %s", async (_, refusal, heads) => {
    const here = papers(refusal);
    const outcome = await here.outcome(pdf);
    expect(outcome).toMatchObject({ outcome: "archived", attempts: 1 + heads });
    expect(outcome.plain).toBeUndefined();
    expect(here.requests).toMatchObject({ "source.plain": 1, "source.get": 1, "source.head": heads });
    expectArchived(here.archive, small);
  });

  test("is paid for once where what streams through is something else", async () => {
    const here = papers(
      { kind: "spoil", body: (bytes) => Buffer.concat([bytes.subarray(1), bytes.subarray(0, 1)]) },
      {},
      large,
    );
    const outcome = await here.outcome({ ...rowOf(large), key, etag: undefined });
    expect(outcome).toMatchObject({ outcome: "archived", proof: "crc64" });
    expect(here.asked().slice(0, 2)).toEqual([1, 1]);
    expectArchived(here.archive, large);
  });

  test.each<[how: string, code: string, fault: Fault]>([
    ["is not there", "NoSuchKey", refuse("NoSuchKey")],
    ["is in an archive class", "InvalidObjectState", refuse("InvalidObjectState")],
  ])("that %s is not paid for to learn it", async (_, code, fault) => {
    const here = papers(fault);
    expect(await here.outcome(pdf)).toMatchObject({ outcome: "failed", code });
    expect(here.requests).toMatchObject({ "source.plain": 1, "source.get": 0 });
  });

  test("is tried again by a plain GET where that failed by chance", async () => {
    const here = lab({ ifExists: "overwrite" });
    here.source.seed(key, small, { headers });
    here.source.onRequest(({ type, nth }) => (type === "get" && nth === 1 ? refuse("InternalError") : undefined));
    expect(await here.outcome(pdf)).toMatchObject({ outcome: "archived", plain: true, attempts: 2 });
    expect(here.requests).toMatchObject({ "source.plain": 2, "source.get": 0 });
  });

  test("that is refused either way fails as it would have by originImage", async () => {
    const here = papers();
    here.source.onRequest(({ type }) => (type === "get" || type === "original" ? refuse("AccessDenied") : undefined));
    const ended = await here.end(pdf);
    expect(ended).toMatchObject({ kind: "refused", by: "source.get", outcome: { code: "AccessDenied" } });
    expect(here.requests).toMatchObject({ "source.plain": 1, "source.get": 1 });
  });

  test("waits for no trial, and costs no image processing of a cap", async () => {
    const paid: boolean[] = [];
    const purse = {
      payFetch: (_: number | undefined, is: boolean) => paid.push(is) > 0,
      fetched() {},
      notRestored: () => undefined,
      payRestore: () => true,
    };
    const asked: boolean[] = [];
    const mayFetch = (_: number, plain: boolean) => asked.push(plain) > 0;
    const here = papers(refuse("AccessDenied", { errNo: -154 }), { purse, mayFetch });
    expect(await here.outcome(pdf)).toMatchObject({ outcome: "archived" });
    expect([paid, asked]).toEqual([
      [false, true],
      [true, false],
    ]);
  });
});

test("a run that brings keys back sends plain GETs, and no others", async () => {
  const here = lab({ ifExists: "overwrite", fromArchive: {} });
  here.source.seed("photos/a.jpg", small);
  here.source.seed(key, small);
  const ends: Outcome[] = [await here.outcome({ ...pdf, key: "photos/a.jpg" }), await here.outcome(pdf)];
  expect(ends.map(({ outcome }) => outcome)).toEqual(["archived", "archived"]);
  expect(here.requests).toMatchObject({ "source.plain": 2, "source.get": 0 });
  here.source.onRequest(({ type }) => (type === "get" ? refuse("AccessDenied") : undefined));
  expect(await here.outcome(pdf)).toMatchObject({ outcome: "failed", code: "AccessDenied" });
  expect(here.requests).toMatchObject({ "source.plain": 3, "source.get": 0 });
});

test("a version comes by a plain GET, and where another comes, by what is paid for", async () => {
  const here = lab({ ifExists: "overwrite" });
  here.source.switches.versioning = true;
  here.source.seed(key, small, { headers });
  const row = { ...pdf, versionId: here.source.object(key)?.versionId };
  expect(await here.outcome(row)).toMatchObject({ outcome: "archived", plain: true });
  here.source.onRequest(({ type }) =>
    type === "get" ? { kind: "spoil", headers: { "x-cos-version-id": "another" } } : undefined,
  );
  const outcome = await here.outcome(row);
  expect([outcome.outcome, outcome.plain]).toEqual(["archived", undefined]);
  expect(here.requests).toMatchObject({ "source.plain": 2, "source.get": 1 });
});
