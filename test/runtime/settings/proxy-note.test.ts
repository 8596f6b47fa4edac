import { expect, it } from "vitest";
import { readSettings } from "../../../src/config/read.ts";
import { proxyNote } from "../../../src/runtime/settings/proxy-note.ts";

const proxied = { HTTPS_PROXY: "http://proxy.example:3128" };
const noteIn = (environment: Readonly<Record<string, string>>) => proxyNote(readSettings({ environment }), environment);

it.each<[string, Record<string, string>, boolean]>([
  ["the service is elsewhere", {}, true],
  ["the endpoint names the bucket", { ORIGINALS_ENDPOINT: "https://{bucket}.cos.example" }, true],
  ["all endpoints are here", { ORIGINALS_ENDPOINT: "http://127.0.0.1:9000" }, false],
  [
    "one of two endpoints is here",
    { ORIGINALS_ENDPOINT: "http://127.0.0.1:9000", ORIGINALS_ARCHIVE_ENDPOINT: "https://archive.example" },
    true,
  ],
  [
    "the queue is elsewhere",
    { ORIGINALS_ENDPOINT: "http://[::1]:9000", ORIGINALS_QUEUE: "sqs:https://sqs.eu-west-1.amazonaws.com/1/q" },
    true,
  ],
  [
    "the queue is here as well",
    { ORIGINALS_ENDPOINT: "http://localhost:9000", ORIGINALS_QUEUE: "sqs:http://localhost:9324/1/q" },
    false,
  ],
])("a proxy is told of where it is spoken to: %s", (_, environment, told) => {
  expect(noteIn(environment)).toBeUndefined();
  expect(noteIn({ ...environment, ...proxied }) !== undefined).toBe(told);
});

it("a proxy's address that is none is refused where it would be spoken to", () => {
  expect(() => noteIn({ HTTPS_PROXY: "mailto:x" })).toThrow("HTTPS_PROXY is not the address of a proxy");
  expect(noteIn({ HTTPS_PROXY: "mailto:x", ORIGINALS_ENDPOINT: "http://127.0.0.1:9000" })).toBeUndefined();
});
