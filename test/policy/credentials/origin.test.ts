import fc from "fast-check";
import { expect, test } from "vitest";
import { type NamedOrigin, readOrigin, wordsOf } from "../../../src/policy/credentials/origin.ts";

test.each<[string, NamedOrigin]>([
  ["environment", { kind: "environment" }],
  ["file:/etc/keys.json", { kind: "file", path: "/etc/keys.json" }],
  ["file:~/.tencentcloud/credentials#backup", { kind: "file", path: "~/.tencentcloud/credentials", profile: "backup" }],
  ["file:C:\\keys#1\\x.ini", { kind: "file", path: "C:\\keys#1\\x.ini" }],
  ["file:keys#", { kind: "file", path: "keys" }],
  ["command:/usr/bin/keys", { kind: "command", words: ["/usr/bin/keys"] }],
  [
    'command: "/opt/my tools/keys" --role \'a b\' x"y z"',
    { kind: "command", words: ["/opt/my tools/keys", "--role", "a b", "xy z"] },
  ],
  ["role", { kind: "role" }],
  ["role:", { kind: "role" }],
  ["role:backup_role", { kind: "role", role: "backup_role" }],
  ["ssm:/cos-originals/dev/cos", { kind: "ssm", name: "/cos-originals/dev/cos" }],
  [
    "secretsmanager:arn:aws:secretsmanager:us-east-1:123456789012:secret:cos-AbCdEf",
    { kind: "secretsmanager", name: "arn:aws:secretsmanager:us-east-1:123456789012:secret:cos-AbCdEf" },
  ],
])("%s is read", (text, origin) => {
  expect(readOrigin(text)).toEqual(origin);
});

test.each([
  [
    "",
    "is none of environment, file:PATH[#PROFILE], command:PROGRAM ARGUMENTS, role[:NAME], ssm:NAME or secretsmanager:NAME",
  ],
  ["AKIDsomething", "is none of"],
  ["environment:x", "says more than environment"],
  ["file:", "names no file"],
  ["command: ", "names no command"],
  ["command:keys 'open", "leaves a quote open"],
  ["role:../other", "names no role"],
  ["ssm:", "names no secret"],
  ["secretsmanager:a b", "names no secret"],
])("%j is refused", (text, fault) => {
  expect(readOrigin(text)).toEqual({ fault: expect.stringContaining(fault) });
});

test("words in quotes come back as they were", () => {
  const word = fc.string().map((text) => text.replaceAll('"', ""));
  fc.assert(
    fc.property(fc.array(word), (words) => {
      expect(wordsOf(words.map((each) => `"${each}"`).join(" "))).toEqual(words);
    }),
  );
});
