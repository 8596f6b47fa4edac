/** Catches: a target that a message widens the worker's list by, and one whose address shows what is secret of it. */
import { describe, expect, test } from "vitest";
import { isAllowedTarget, parseAllowedTarget, readTarget, targetName } from "../../src/policy/event-target.ts";

const sqs = "sqs:https://sqs.eu-west-1.amazonaws.com/123456789012/pictures";
const tdmq = "tdmq:https://cmq-gz.public.tencenttdmq.com/pictures?region=ap-guangzhou";

describe("a target", () => {
  test.each([
    ["https://hooks.example.com/originals?x=1", "webhook"],
    ["http://127.0.0.1:8080", "webhook"],
    [sqs, "sqs"],
    [tdmq, "tdmq"],
  ])("%s is read", (text, kind) => {
    expect(readTarget(text)).toMatchObject({ kind });
  });

  test.each([
    ["hooks.example.com", /none of https:/],
    ["ftp://hooks.example.com", /none of https:/],
    ["memory:events", /none of https:/],
    ["sqs:pictures", /none of https:/],
    ["sqs:https://sqs.example.com", /names no queue/],
    ["https://user:word@hooks.example.com/", /user name or password/],
    ["https://hooks.example.com/#top", /fragment/],
  ])("%s is none", (text, why) => {
    expect(readTarget(text)).toMatchObject({ fault: expect.stringMatching(why) });
  });

  test("is told of without what may be secret", () => {
    expect(targetName("https://hooks.example.com/T0/SECRET?key=1")).toBe("https://hooks.example.com");
    expect(targetName(sqs)).toBe(sqs);
    expect(targetName(tdmq)).toBe("tdmq:https://cmq-gz.public.tencenttdmq.com/pictures");
  });
});

describe("what a message may name", () => {
  const allowed = (text: string) => {
    const parsed = parseAllowedTarget(text);
    if (parsed === undefined) throw new Error(text);
    return [parsed];
  };

  test.each([
    ["events=https://hooks.example.com/originals", "https://hooks.example.com/originals/1?x=y", true],
    ["events=https://hooks.example.com", "https://hooks.example.com/anything", true],
    ["events=https://*.example.com/", "https://hooks.example.com/a", true],
    ["events=https://hooks.example.com:8443/", "https://hooks.example.com:8443/a", true],
    [`events=${sqs}`, sqs, true],
    ["events=sqs:https://sqs.eu-west-1.amazonaws.com/123456789012/", sqs, true],
    ["events=tdmq:https://cmq-gz.public.tencenttdmq.com/", tdmq, true],
    // Another role, scheme, kind, host, port or path.
    ["notify=https://hooks.example.com/", "https://hooks.example.com/", false],
    ["events=https://hooks.example.com/", "http://hooks.example.com/", false],
    ["events=https://sqs.eu-west-1.amazonaws.com/", sqs, false],
    ["events=https://hooks.example.com/", "https://hooks.example.com.evil.net/", false],
    ["events=https://hooks.example.com/", "https://hooks.example.com:8443/", false],
    ["events=https://*.example.com/", "https://evil.net/hooks.example.com/", false],
    ["events=https://*.example.com/", "https://evil.net?x=.example.com/", false],
    ["events=https://hooks.example.com/a/", "https://hooks.example.com/a/../b", false],
    ["events=https://hooks.example.com/a/", "https://hooks.example.com/a/%2e%2e/b", false],
    ["events=https://hooks.example.com/", "https://hooks.example.com@evil.net/", false],
    ["events=https://hooksXexample.com/", "https://hooks.example.com/", false],
  ])("by %s: %s is %s", (list, target, is) => {
    expect(isAllowedTarget(allowed(list), "events", target)).toBe(is);
  });

  test("is nothing where nothing is said, and exactly its own where the worker's settings say one", () => {
    const own = "https://hooks.example.com/T0/SECRET";
    expect(isAllowedTarget([], "events", own)).toBe(false);
    const list = [{ role: "events", text: own, is: "exact" } as const];
    expect(
      [own, `${own}/more`, "https://hooks.example.com/"].map((each) => isAllowedTarget(list, "events", each)),
    ).toEqual([true, false, false]);
  });

  test.each(["events=hooks.example.com", "events=https://user@hooks.example.com/", "source=https://a/", "https://a/"])(
    "%s is no such list",
    (text) => {
      expect(parseAllowedTarget(text)).toBeUndefined();
    },
  );
});
