/** Commands that are told are copied: what a shell makes of them is what was meant. */
import { expect, test } from "vitest";
import { commandsOfRun } from "../../../../src/runtime/cli/ending/next-commands.ts";
import { shellWord } from "../../../../src/runtime/cli/terminal/shell-word.ts";

const ledger = { bucket: "archive-1250000000", region: "ap-guangzhou", prefix: "photos/.originals/" };
const where = "--ledger cos://archive-1250000000/photos/.originals/ --archive-region ap-guangzhou";

test("a run is gone on with where it was recorded, by whom it dialled, as fast as it was told to", () => {
  const flags = {
    config: "my file.yaml",
    source: "cos://photos-1250000000",
    manifest: "keys.csv",
    rate: "500/s",
    endpoint: "http://127.0.0.1:8080",
    allowHttp: "127.0.0.1",
    ping: "https://hc-ping.com/secret",
    json: true,
  };
  const commands = commandsOfRun("nightly-1", ledger, flags);
  expect(commands).toEqual({
    resume: `cos-originals run --resume nightly-1 ${where} --config 'my file.yaml' --rate 500/s --endpoint http://127.0.0.1:8080 --allow-http 127.0.0.1`,
    redrive: `cos-originals redrive nightly-1 ${where} --config 'my file.yaml' --rate 500/s --endpoint http://127.0.0.1:8080 --allow-http 127.0.0.1`,
    letGoOn: `cos-originals resume nightly-1 ${where} --config 'my file.yaml' --endpoint http://127.0.0.1:8080 --allow-http 127.0.0.1`,
    report: `cos-originals report nightly-1 --out report-nightly-1 ${where} --config 'my file.yaml' --endpoint http://127.0.0.1:8080 --allow-http 127.0.0.1`,
  });
});

test.each([
  ["plain-1.csv", "plain-1.csv"],
  ["cos://bucket-1250000000/a/", "cos://bucket-1250000000/a/"],
  ["", "''"],
  ["two words", "'two words'"],
  ["it's", "'it'\\''s'"],
  ["$HOME `ls` \\", "'$HOME `ls` \\'"],
  ["~", "'~'"],
  ["=ls", "'=ls'"],
  ["http://{bucket}.host", "'http://{bucket}.host'"],
  ["原图.csv", "'原图.csv'"],
])("a shell reads %j of %s", (word, quoted) => {
  expect(shellWord(word)).toBe(quoted);
});
