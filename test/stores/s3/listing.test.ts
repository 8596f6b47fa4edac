/**
 * Catches: a listing that never ends, or ends too early, on a service that knows start-after otherwise than Amazon, or lists what was deleted
 * as pages without an entry.
 */
import { expect, test } from "vitest";
import { cosErrorOf } from "../../cos/thrown-by.ts";
import { clientOf, id, type Reply } from "./answers.ts";

const entry = (key: string) =>
  `<Contents><Key>${key}</Key><Size>1</Size><LastModified>2026-11-01T00:00:00.000Z</LastModified><ETag>"x"</ETag></Contents>`;
const folder = (prefix: string) => `<CommonPrefixes><Prefix>${prefix}</Prefix></CommonPrefixes>`;
const page = (isTruncated: boolean, content: string): Reply => ({
  status: 200,
  headers: id,
  body: `<?xml version="1.0"?><ListBucketResult><IsTruncated>${isTruncated}</IsTruncated>${content}</ListBucketResult>`,
});
const token = (text: string) => `<NextContinuationToken>${text}</NextContinuationToken>`;

test("a page that begins anew is refused, and the sentence says what the service lacks", async () => {
  const { client } = await clientOf(page(true, entry("a") + entry("b")));
  const error = await cosErrorOf(client.list({ marker: "b" }));
  expect(error).toMatchObject({ code: "UnorderedListing", retryable: false });
  expect(error.message).toContain('begins with "a", though it was asked for what comes behind "b"');
  expect(error.message).toContain("--ledger says where a run is recorded");
  const { client: other } = await clientOf(page(true, folder("a/")));
  expect(await cosErrorOf(other.list({ marker: "b/", delimiter: "/" }))).toMatchObject({ code: "UnorderedListing" });
});

test("the marker itself, listed once more, is left out, and at the end nothing is left", async () => {
  const { client } = await clientOf(page(true, entry("b") + entry("c")), page(false, entry("c")));
  const { objects, nextMarker } = await client.list({ marker: "b" });
  expect(objects.map(({ key }) => key)).toEqual(["c"]);
  expect(nextMarker).toBe("c");
  expect(await client.list({ marker: "c" })).toMatchObject({ objects: [], nextMarker: undefined });
  const { client: other } = await clientOf(page(false, folder("b/") + folder("c/")));
  expect(await other.list({ marker: "b/", delimiter: "/" })).toMatchObject({ prefixes: ["c/"] });
});

test("behind a page without an entry the listing goes on by its token", async () => {
  const { client, requests } = await clientOf(
    page(true, token("one+/=")),
    page(true, token("two")),
    page(false, entry("z")),
  );
  expect((await client.list({ prefix: "p", marker: "b" })).objects.map(({ key }) => key)).toEqual(["z"]);
  expect(requests.map(({ url }) => new URLSearchParams(url?.split("?")[1]).get("continuation-token"))).toEqual([
    null,
    "one+/=",
    "two",
  ]);
});

test("empty pages without an end are an error, with a token that stays the same and with none", async () => {
  const { client } = await clientOf(page(true, token("one")));
  expect((await cosErrorOf(client.list())).message).toContain("without an end");
  const { client: other } = await clientOf(page(true, ""));
  expect((await cosErrorOf(other.list())).message).toContain("no token to go on with");
});

test.each([
  ["in the order of folders", ["a/b", "a-b"]],
  ["in the order of UTF-16", ["\u{1f600}", "\uffee"]],
])("a listing %s is refused, before anything is concluded from it", async (_, keys) => {
  for (const isTruncated of [true, false]) {
    const { client } = await clientOf(page(isTruncated, keys.map(entry).join("")));
    const error = await cosErrorOf(client.list());
    expect(error).toMatchObject({ code: "UnorderedListing", retryable: false });
    expect(error.message).toContain("which is not the order of UTF-8");
  }
  const { client } = await clientOf(page(false, folder("d/") + folder("c/")));
  expect(await cosErrorOf(client.list({ delimiter: "/" }))).toMatchObject({ code: "UnorderedListing" });
});
