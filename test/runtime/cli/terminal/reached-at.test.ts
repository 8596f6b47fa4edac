/** Catches: an address like http://0.0.0.0:9000 that others are told to use, and that nobody can dial. */
import { expect, test } from "vitest";
import { reachedText } from "../../../../src/runtime/cli/terminal/reached-at.ts";

const interfaces = {
  lo: [
    { address: "127.0.0.1", internal: true },
    { address: "::1", internal: true },
  ],
  eth0: [
    { address: "10.0.0.5", internal: false },
    { address: "2001:db8::5", internal: false },
    { address: "fe80::5", internal: false },
  ],
  wg0: [{ address: "10.9.0.1", internal: false }],
};

test.each([
  ["http://127.0.0.1:9000", "http://127.0.0.1:9000"],
  ["http://10.0.0.5:9000", "http://10.0.0.5:9000"],
  ["http://0.0.0.0:9000", "http://127.0.0.1:9000, from elsewhere http://10.0.0.5:9000 or http://10.9.0.1:9000"],
  [
    "http://[::]:9464/",
    "http://127.0.0.1:9464/, from elsewhere http://10.0.0.5:9464/ or http://[2001:db8::5]:9464/ or http://10.9.0.1:9464/",
  ],
  [
    "sqs:http://0.0.0.0:9324/000000000000/originals",
    "sqs:http://127.0.0.1:9324/000000000000/originals, from elsewhere sqs:http://10.0.0.5:9324/000000000000/originals or sqs:http://10.9.0.1:9324/000000000000/originals",
  ],
])("%s is reached at %s", (url, said) => {
  expect(reachedText(url, interfaces)).toBe(said);
});

test("without a network it is reached here alone", () => {
  expect(reachedText("http://0.0.0.0:9000", { lo: interfaces.lo })).toBe("http://127.0.0.1:9000");
});
