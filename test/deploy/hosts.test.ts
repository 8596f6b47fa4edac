/** The files of deploy/ for hosts: units of systemd and a line of cron, which name what the program takes and systemd knows. */
import { readdirSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { read, root } from "../papers/papers.ts";
import { refusalOf } from "../papers/refused-command.ts";

/** As systemd.unit(5), systemd.service(5), systemd.exec(5), systemd.kill(5) and systemd.timer(5) name them; those that are used here. */
const known: Readonly<Record<string, readonly string[]>> = {
  Unit: ["Description", "Wants", "After"],
  Install: ["WantedBy"],
  Timer: ["OnCalendar", "RandomizedDelaySec", "Persistent"],
  Service: [
    ...["Type", "ExecStart", "EnvironmentFile", "Restart", "RestartSec", "RestartPreventExitStatus"],
    ...["KillSignal", "TimeoutStopSec", "LimitNOFILE", "DynamicUser", "NoNewPrivileges", "CapabilityBoundingSet"],
    ...[
      "ProtectSystem",
      "ProtectHome",
      "PrivateTmp",
      "PrivateDevices",
      "ProtectKernelTunables",
      "ProtectKernelModules",
    ],
    ...["ProtectControlGroups", "RestrictAddressFamilies", "RestrictNamespaces", "RestrictSUIDSGID", "LockPersonality"],
    "SystemCallArchitectures",
  ],
};

interface Entry {
  readonly section: string;
  readonly key: string;
  readonly value: string;
}

function entriesOf(text: string): readonly Entry[] {
  let section = "";
  return text.split("\n").flatMap((line) => {
    if (line === "" || line.startsWith("#")) return [];
    const heading = /^\[(\w+)\]$/.exec(line)?.[1];
    if (heading !== undefined) {
      section = heading;
      return [];
    }
    const [, key = line, value = ""] = /^(\w+)=(.*)$/.exec(line) ?? [];
    return [{ section, key, value }];
  });
}

const unknown = (entries: readonly Entry[]) =>
  entries.filter(({ section, key }) => !known[section]?.includes(key)).map(({ section, key }) => `[${section}] ${key}`);

const folder = "deploy/systemd";
const units = readdirSync(resolve(root, folder))
  .sort()
  .map((file) => ({ file, entries: entriesOf(read(`${folder}/${file}`)) }));
const said = (file: string, key: string) =>
  units.find((unit) => unit.file === file)?.entries.find((entry) => entry.key === key)?.value;

/** A command behind the place where the program is installed, as words. */
const wordsOf = (command: string) => {
  expect(command).toMatch(/^\/usr\/local\/bin\/cos-originals /);
  return command.replaceAll("'", "").split(" ").slice(1);
};

describe("units of systemd", () => {
  test("are a worker, and a nightly backup with its timer", () => {
    expect(units.map(({ file }) => file)).toEqual([
      "cos-originals-nightly.service",
      "cos-originals-nightly.timer",
      "cos-originals-work.service",
    ]);
  });

  test.each(units)("$file says only what systemd knows", ({ entries }) => {
    expect(unknown(entries)).toEqual([]);
  });

  test("are found to be wrong where they are", () => {
    expect(unknown(entriesOf("[Service]\nExecStrat=/bin/true\n[Servce]\nType=exec"))).toEqual([
      "[Service] ExecStrat",
      "[Servce] Type",
    ]);
  });

  test.each(units.filter(({ file }) => file.endsWith(".service")))("$file runs what the program takes", ({ file }) => {
    expect(refusalOf(wordsOf(said(file, "ExecStart") ?? ""))).toBeUndefined();
    // What is under way has 25 seconds.
    expect(Number(said(file, "TimeoutStopSec"))).toBeGreaterThan(25);
  });

  test("begin the service beside the timer, which has its name", () => {
    expect(said("cos-originals-nightly.timer", "OnCalendar")).toMatch(/^\*-\*-\* \d\d:\d\d:\d\d$/);
    expect(said("cos-originals-nightly.service", "Type")).toBe("oneshot");
  });
});

test("the line of cron runs what the program takes, and has no %, which cron would read as a line end", () => {
  const [line = "", ...more] = read("deploy/cron/cos-originals")
    .split("\n")
    .filter((each) => each !== "" && !/^(#|\w+=)/.test(each));
  expect(more).toEqual([]);
  const [, when, user, command = ""] = /^((?:\S+ ){5})(\w+) (.*)$/.exec(line) ?? [];
  expect([when, user]).toEqual(["30 1 * * * ", "originals"]);
  expect(command).not.toContain("%");
  expect(refusalOf(wordsOf(/exec (.*)$/.exec(command)?.[1] ?? ""))).toBeUndefined();
});
