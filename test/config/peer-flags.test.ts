/** What people bring with them from other tools is answered by what says it here. Would catch: an answer that names a flag which is not there. */
import { describe, expect, test } from "vitest";
import { parseConfig } from "../../src/config/file-text.ts";
import { peerCommandSentence, peerCommands, peerFlags, peerSentence } from "../../src/config/peer-flags.ts";
import { flagOf, type SettingName, settingNames, settingTable } from "../../src/config/settings.ts";
import { commands } from "../../src/runtime/cli/commands.ts";

/** Of commands, and no settings. */
const others = ["--dry-run", "--json", "--quiet", "--config", "--out"];
const ours = [...settingNames.map(flagOf), ...others];

describe("peers' flags", () => {
  test("are none of ours", () => {
    expect([...peerFlags.keys()].filter((flag) => ours.includes(flag))).toEqual([]);
  });

  test("are answered with flags that are there, and values that they take", () => {
    for (const [flag, { here, says = "" }] of peerFlags) {
      for (const [named] of `${here ?? ""} ${says}`.matchAll(/--[a-z][a-z-]+/g)) expect(ours, flag).toContain(named);
      const [ourFlag, value] = here?.split(" ") ?? [];
      const name = settingNames.find((each) => flagOf(each) === ourFlag) as SettingName | undefined;
      if (name !== undefined && value !== undefined)
        expect(settingTable[name].schema.safeParse(value).success).toBe(true);
    }
  });

  test("are answered in one sentence", () => {
    expect(peerSentence("--transfers")).toBe("--transfers is rclone's word; here it is --concurrency");
    expect(peerSentence("--endpoint-url")).toBe("--endpoint-url is the AWS CLI's word; here it is --endpoint");
    expect(peerSentence("-r")).toBe(
      "-r is coscli's word; here --list takes all that lies below the prefix of --source",
    );
    expect(peerSentence("--numworkers")).toBe("--numworkers is s5cmd's word; here it is --concurrency");
    expect(peerSentence("--no-such-flag")).toBeUndefined();
    for (const flag of peerFlags.keys())
      expect(peerSentence(flag)).toMatch(/^-\S+ is (the AWS CLI|\w+)'s word; here (?!.*\. ).*[^.]$/);
  });

  test("and their commands with ours", () => {
    const names = commands.map(({ name }) => name);
    for (const [command, { here }] of peerCommands) {
      expect(names).not.toContain(command);
      expect(names).toContain(here);
    }
    expect(peerCommandSentence("copy")).toBe("copy is rclone's word; here it is run");
    expect(peerCommandSentence("begin")).toBeUndefined();
  });

  test("are answered in a config file too", () => {
    expect(() => parseConfig("originals.yaml", "transfers: 8")).toThrow(
      'holds "transfers", which is no setting; --transfers is rclone\'s word; here it is --concurrency.',
    );
  });
});
