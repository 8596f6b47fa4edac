import { expect, test } from "vitest";
import { isLoopback } from "../../src/vocabulary/loopback.ts";

const hostnameOf = (url: string) => new URL(url).hostname;

test.each(["http://localhost:9000", "http://127.0.0.1", "http://127.255.0.9:1", "http://[::1]:80", "http://LOCALHOST"])(
  "%s is this machine",
  (url) => {
    expect(isLoopback(hostnameOf(url))).toBe(true);
  },
);

test.each([
  "http://localhost.example",
  "http://127.0.0.1.example",
  "http://0.0.0.0",
  "http://[::2]",
  "http://10.127.0.1",
  "https://photos-1250000000.cos.ap-guangzhou.myqcloud.com",
])("%s is another", (url) => {
  expect(isLoopback(hostnameOf(url))).toBe(false);
});
