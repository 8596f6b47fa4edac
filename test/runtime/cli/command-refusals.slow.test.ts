/** What the commands about runs refuse, each in one sentence. */
import pLimit from "p-limit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runCli } from "./built.ts";
import { archive, type Lab, lines, openLab } from "./lab.ts";
import { openQueueServer, type QueueServer } from "./queue-server.ts";

let lab: Lab;
let queues: QueueServer;
beforeAll(async () => {
  [lab, queues] = await Promise.all([openLab(), openQueueServer()]);
});
afterAll(async () => {
  await lab?.close();
  await queues?.close();
});

const recorded = ["status", "report", "redrive", "cancel", "resume", "verify"];
const all = ["plan", "submit", "work", "runs", ...recorded];
const cli = (args: readonly string[], more: Record<string, string> = {}) =>
  runCli(lab.built.cli, args, { ...lab.env, ...queues.env, ...more });
const atOnce = pLimit(4);

describe("the commands about runs", () => {
  it("each have help with an example and their exit codes", async () => {
    await atOnce.map(all, async (command) => {
      const { code, stdout } = await cli([command, "--help"]);
      expect(code).toBe(0);
      expect(stdout).toMatch(new RegExp(`Examples?:\\n  cos-originals ${command} `));
      expect(stdout).toContain("Exit codes: ");
      for (const flag of ["--json", "--quiet", "--config"]) expect(stdout, command).toContain(flag);
    });
  });

  it("end with 2 and one sentence where the run, its id or its ledger is missing", async () => {
    const archived = ["--archive", `cos://${archive}/nowhere/`];
    const cases = recorded.flatMap((command): [readonly string[], RegExp][] => [
      [
        [command, "nobody", ...archived],
        /^cos-originals: There is no run "nobody" in the ledger: cos:\/\/archive-1250000000\/nowhere\/\.originals\/runs\/nobody\/request\.json does not exist\.$/,
      ],
      [
        [command, ...archived],
        command === "report"
          ? /^cos-originals: RUN is missing: the run whose report is to be written; or say --index FILE, for a page of all runs\.$/
          : /^cos-originals: missing required argument 'RUN'\. See: cos-originals /,
      ],
      [[command, "a/b", ...archived], /^cos-originals: RUN "a\/b" is not a run id/],
      [[command, "a", "b", ...archived], /^cos-originals: too many arguments/],
      [[command, "x"], /^cos-originals: Where the run is recorded is missing; say it with --ledger cos:\/\//],
      [
        [command, "x", "--ledger", "cos://nowhere-1250000000"],
        /^cos-originals: There is no bucket for the ledger cos:\/\/nowhere-1250000000/,
      ],
    ]);
    await atOnce.map(cases, async ([args, sentence]) => {
      const { code, stdout, stderr } = await cli(args);
      expect({ args, code, stdout }).toEqual({ args, code: 2, stdout: "" });
      expect(stderr.trimEnd()).toMatch(sentence);
      expect(stderr.trimEnd().split("\n")).toHaveLength(1);
    });
  });

  it("end with 6 where the credentials are refused", async () => {
    await atOnce.map(recorded, async (command) => {
      const more = { TENCENTCLOUD_SECRETKEY: "another" };
      const { code, stderr } = await cli([command, "x", "--archive", `cos://${archive}/`], more);
      expect({ command, code }).toEqual({ command, code: 6 });
      expect(stderr).toMatch(/The credentials were refused for the ledger/);
    });
  });

  it("end `work` with 6 at its start where nothing could be signed, before it takes a message from the queue", async () => {
    const queue = await queues.create("unsigned");
    await queues.send("unsigned", "no message at all");
    const none = { TENCENTCLOUD_SECRETID: "", TENCENTCLOUD_SECRETKEY: "" };
    const cases: [Record<string, string>, RegExp][] = [
      [
        none,
        /set TENCENTCLOUD_SECRETID and TENCENTCLOUD_SECRETKEY in the environment, or say with --credentials-from where they are; neither/,
      ],
      [
        { TENCENTCLOUD_SECRETKEY: "" },
        /TENCENTCLOUD_SECRETID is set, but not its companion; set TENCENTCLOUD_SECRETKEY/,
      ],
      [
        { ORIGINALS_ARCHIVE_SECRETID: "AKIDother" },
        /ORIGINALS_ARCHIVE_SECRETID is set, .* set ORIGINALS_ARCHIVE_SECRETKEY/,
      ],
      [{ TENCENTCLOUD_SECRETID: "AKID test" }, /the secret id has a character that none has, .* TENCENTCLOUD_SECRETID/],
    ];
    await atOnce.map(cases, async ([more, sentence]) => {
      const { code, stdout, stderr } = await cli(["work", "--drain", "--queue", queue], more);
      expect({ more, code, stdout }).toEqual({ more, code: 6, stdout: "" });
      expect(stderr.trimEnd()).toMatch(sentence);
      expect(stderr.trimEnd().split("\n")).toHaveLength(1);
    });
    // It would be in the hands of whoever had received it.
    expect(await queues.read("unsigned")).toMatchObject([{ body: "no message at all" }]);
  });

  it("name the queue that is missing, local, not there, or out of reach", async () => {
    const manifest = await lab.file("keys.txt", lines("plain.png"));
    const archived = ["--archive", `cos://${archive}/queues/`];
    expect((await cli(["run", ...archived, "--run", "there", "--manifest", manifest])).code).toBe(0);
    const submit = ["submit", ...archived, "--run", "other", "--manifest", manifest];
    const repair = ["status", "there", ...archived, "--repair"];
    const nowhere = `sqs:${queues.env.AWS_ENDPOINT_URL_SQS}/000000000000/nowhere`;
    for (const command of [submit, ["work", "--drain"], repair]) {
      const cases: [readonly string[], Record<string, string>, RegExp][] = [
        [[], {}, /^cos-originals: The queue is missing; say it with --queue sqs:URL or --queue tdmq:URL\.$/],
        [["--queue", "memory:"], {}, /^cos-originals: --queue "memory:" lives in one process alone/],
        [["--queue", "nonsense"], {}, /^cos-originals: --queue "nonsense" is none of memory:, sqs:URL and tdmq:URL/],
        // Of a worker, which has begun by then, each line has its time.
        [
          ["--queue", nowhere],
          {},
          /^(?:cos-originals|\d{4}-\S+Z error): There is no queue --queue ".*nowhere"; check its URL/,
        ],
      ];
      for (const [args, more, sentence] of cases) {
        const { code, stderr } = await cli([...command, ...args], more);
        expect({ command, args, code, stderr }).toMatchObject({ code: 2 });
        expect(stderr.trimEnd().split("\n").at(-1)).toMatch(sentence);
      }
    }
  });

  it("refuse wrong values with 2, and --json gives the reason as a document", async () => {
    const archived = ["--archive", `cos://${archive}/x/`];
    const cases: [readonly string[], string][] = [
      [["plan", ...archived, "--list", "--price-processing", "cheap"], "--price-processing"],
      [["plan", ...archived, "--list", "--price-currency", "yuan"], "--price-currency"],
      [["plan", ...archived], "What to archive is missing; say it with --manifest FILE or with --list."],
      [["submit", ...archived, "--list", "--queue", "sqs:http://127.0.0.1:9/1/x"], "needs --run"],
      [["work", "--visibility", "1"], "--visibility"],
      [["verify", "x", ...archived, "--concurrency", "0"], "--concurrency"],
      [["status", "x", ...archived, "--fully"], "unknown option '--fully'"],
    ];
    await atOnce.map(cases, async ([args, said]) => {
      const { code, stdout, stderr } = await cli([...args, "--json"]);
      expect({ args, code }).toEqual({ args, code: 2 });
      expect(stderr).toContain(said);
      expect(JSON.parse(stdout)).toMatchObject({
        schema: "cos-originals/error@1",
        error: { message: expect.stringContaining(said) },
      });
    });
  });

  it("refuse places that share keys with 2, both named, before anything is read or written", async () => {
    const within = ["--source", `cos://${archive}/photos/`, "--archive", `cos://${archive}/photos/copies/`, "--list"];
    const before = lab.emulator.bucket(archive).keys();
    await atOnce.map(["run", "plan", "submit"], async (command) => {
      const { code, stdout, stderr } = await cli([
        command,
        ...within,
        "--run",
        "r",
        ...(command === "submit" ? ["--queue", "sqs:http://127.0.0.1:9/1/x"] : []),
      ]);
      expect({ command, code, stdout }).toEqual({ command, code: 2, stdout: "" });
      expect(stderr).toMatch(
        /^cos-originals: The archive cos:\/\/archive-1250000000\/photos\/copies\/ lies within the source cos:\/\/archive-1250000000\/photos\/, /,
      );
    });
    expect(lab.emulator.bucket(archive).keys()).toEqual(before);
  });
});
