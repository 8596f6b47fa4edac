/** Real commands that print credentials, and some that don't. */
import { afterAll, describe, expect, test } from "vitest";
import { commandOrigin } from "../../../src/credentials/origins/command.ts";
import { openAwsDefault, openOrigin } from "../../../src/credentials/origins/open.ts";
import { silentLog } from "../../../src/vocabulary/log.ts";
import { labClock } from "../../emulator/lab.ts";
import { tempFolder } from "./temp.ts";

const temp = tempFolder();
afterAll(() => temp.remove());
const environment = { PATH: process.env.PATH, HOME: temp.folder, SECRET_OF_THE_COMMAND: "a-key" };
const node = (script: string, ...rest: readonly string[]) =>
  commandOrigin({ of: "COS", words: [process.execPath, "-e", script, ...rest], environment, limit: 5_000 });

describe("a command of credentials", () => {
  test("has this process's environment, its arguments as they are, and no standard input", async () => {
    const origin = node(
      `process.stdin.on("data", () => {}).on("end", () => console.log(JSON.stringify({
         SecretId: process.argv[1], SecretKey: process.env.SECRET_OF_THE_COMMAND, Token: "t", ExpiredTime: 1795323600 })))`,
      "$(id) *;'",
    );
    expect(await origin.find()).toEqual({
      credentials: { secretId: "$(id) *;'", secretKey: "a-key", sessionToken: "t" },
      until: 1_795_323_600_000,
    });
    expect(origin.from()).toBe(`the command ${JSON.stringify(process.execPath)}`);
  });

  test("that fails is told by how it ended, and nothing that it said is", async () => {
    const failing: readonly [ReturnType<typeof node>, RegExp][] = [
      [
        node("console.error('secret-never-shown'); process.exit(3)", "secret-never-shown"),
        /failed with exit code 3; try it by hand$/,
      ],
      [node("console.log('secret-never-shown')"), /what the command .* prints is no JSON; try it by hand$/],
      [node("console.log('x'.repeat(1e6))"), /prints more than 64 KiB/],
      [commandOrigin({ of: "COS", words: ["no-such-command-at-all"], environment }), /can't be started \(ENOENT\)/],
      [
        commandOrigin({
          of: "COS",
          words: [process.execPath, "-e", "setInterval(() => {}, 1e3)"],
          environment,
          limit: 300,
        }),
        /did not end within 0\.3 s/,
      ],
    ];
    await Promise.all(
      failing.map(async ([origin, said]) => {
        const error = await origin.find().then(
          () => new Error("found"),
          (thrown: Error) => thrown,
        );
        expect(error).toMatchObject({ code: "MissingCredentials" });
        expect(error.message).toMatch(said);
        expect(error.message).not.toContain("secret-never-shown");
      }),
    );
  });

  test("is what --credentials-from says, and what a profile of the AWS tools says", async () => {
    const script = temp.write(
      "keys.cjs",
      "console.log(JSON.stringify({ Version: 1, AccessKeyId: process.argv[2], SecretAccessKey: 'k' }))",
    );
    const world = { environment, clock: labClock(), random: () => 0, log: silentLog };
    const said = openOrigin(
      { kind: "command", words: [process.execPath, script, "an id"] },
      "--credentials-from",
      world,
    );
    expect(await said.get()).toMatchObject({ secretId: "an id" });
    temp.write(".aws/config", `[default]\ncredential_process = "${process.execPath}" ${script} 'of a profile'\n`);
    expect(await (await openAwsDefault(world)).get()).toMatchObject({ secretId: "of a profile" });
  });
});
