/** What a person mistyped is answered with what to type. Would catch: a secret behind a flag that is not ours, printed into a log. */
import { Command, CommanderError } from "commander";
import { describe, expect, test } from "vitest";
import { commands } from "../../../../src/runtime/cli/commands.ts";
import { usageSentence } from "../../../../src/runtime/cli/help/usage-sentence.ts";

/** What the program says of a command line. */
async function said(name: string, ...args: readonly string[]): Promise<string> {
  const listed = commands.find((each) => each.name === name);
  if (listed === undefined) throw new Error(`there is no ${name}`);
  const command = new Command(name).exitOverride().configureOutput({ writeErr: () => undefined });
  if (listed.argument !== undefined) command.argument(listed.argument.name);
  (await listed.load()).describe(command);
  command.action(() => undefined);
  try {
    command.parse(args, { from: "user" });
  } catch (thrown) {
    if (!(thrown instanceof CommanderError)) throw thrown;
    const flags = command.options.flatMap(({ long }) => long ?? []);
    return usageSentence(thrown, name, [...flags, "--help"]);
  }
  throw new Error("it was taken");
}

describe("a flag that is not there", () => {
  test.each([
    [
      ["run", "--transfers", "8"],
      "--transfers is rclone's word; here it is --concurrency. See: cos-originals run --help",
    ],
    [["run", "--transfers=8"], "--transfers is rclone's word; here it is --concurrency. See: cos-originals run --help"],
    [
      ["status", "r", "--transfers", "8"],
      "here it is --concurrency, which status does not take. See: cos-originals status --help",
    ],
    [["run", "-P"], "-P is rclone's word; here progress is shown by itself where standard error is a terminal."],
    [
      ["run", "--manifst", "x"],
      "unknown option '--manifst'; perhaps --manifest is meant. See: cos-originals run --help",
    ],
    [["run", "-json"], "unknown option '-json'; perhaps --json is meant. See: cos-originals run --help"],
    [["run", "--no-such-flag"], "unknown option '--no-such-flag'. See: cos-originals run --help"],
    [["status", "r", "--bwlimit", "1M"], "unknown option '--bwlimit'. See: cos-originals status --help"],
    [
      ["run", "cos://photos-1250000000"],
      "there is an argument too many; places, keys and a run are named by flags, --source, --archive, --manifest, --run. See",
    ],
    [["run", "nightly"], "named by flags, --source, --archive, --manifest, --run. See: cos-originals run --help"],
    [["status"], "missing required argument 'RUN'. See: cos-originals status --help"],
  ] as const)("%j", async ([name, ...args], sentence) => {
    expect(await said(name, ...args)).toContain(sentence);
  });

  test("is never shown with what stands behind it", async () => {
    for (const args of [
      ["--secret-key=hunter2"],
      ["-khunter2"],
      ["--password=hunter2"],
      ["-xhunter2"],
      ["--a=\nhunter2"],
    ]) {
      const sentence = await said("run", ...args);
      expect(sentence).not.toContain("hunter2");
      expect(sentence.split("\n")).toHaveLength(1);
    }
    expect(await said("run", "--secret-key=hunter2")).toContain("credentials are never a flag");
  });
});
