/** Each code is explained by its name. Would catch: a code in a report that nobody can look up. */
import { describe, expect, test } from "vitest";
import { explainCommand, explained } from "../../../../src/runtime/cli/help/explain.ts";
import type { Terminal } from "../../../../src/runtime/cli/terminal/terminal.ts";
import { catalogue } from "../../../../src/vocabulary/codes/catalogue.ts";
import { errNos } from "../../../../src/vocabulary/codes/service-codes.ts";
import { differencesOf } from "../../../papers/cli-paper.ts";

async function printed(code: string, flags = {}): Promise<readonly string[]> {
  const lines: string[] = [];
  const terminal = {
    out: (text: string | readonly string[]) => lines.push(...[text].flat()),
  } as Partial<Terminal> as Terminal;
  expect(await explainCommand(flags, terminal, [code])).toBe(0);
  return lines;
}

describe("explain", () => {
  test("says what a code means, what follows, and what to do", async () => {
    expect(await printed("RunEnded")).toEqual([
      "RunEnded: the run is over, and nothing was done.",
      "What follows: nothing is begun.",
      expect.stringMatching(/^What to do: name each night's run/),
    ]);
    expect(await printed("AccessDenied")).toContain(
      "What follows: the row has failed; a streak halts the run; the run does not try it again.",
    );
  });

  test("is told in Chinese where that is asked for, each code of the catalogue; what scripts read stays English", async () => {
    expect(await printed("NoProof", { lang: "zh" })).toEqual([
      expect.stringMatching(/^NoProof：.*\p{Script=Han}.*。$/u),
      expect.stringMatching(/^后果：/),
      expect.stringMatching(/^怎么办：/),
    ]);
    for (const code of Object.keys(catalogue)) {
      const [means = "", follows = "", advice = ""] = await printed(code, { lang: "zh" });
      for (const line of [means, follows, advice]) expect(line).toMatch(/\p{Script=Han}.*。$/u);
    }
    expect(await printed("NoProof", { lang: "zh", json: true })).toEqual(await printed("NoProof", { json: true }));
    await expect(printed("NoProof", { lang: "fr" })).rejects.toThrow(/--lang "fr"/);
  });

  test("knows every code of the catalogue, however it is written, and X-ErrNo", async () => {
    for (const code of Object.keys(catalogue)) {
      expect(explained(code).code).toBe(code);
      expect(explained(code.toLowerCase()).code.toLowerCase()).toBe(code.toLowerCase());
    }
    for (const number of Object.keys(errNos)) expect(explained(number).code).toBe(`ErrNo${number}`);
    expect(explained("ErrNo-154").entry.means).toContain("Original Image Protection");
  });

  test("names the nearest of what is not there", () => {
    expect(() => explained("NoProf")).toThrow('CODE "NoProf" is none of docs/errors.md; perhaps NoProof is meant.');
    expect(() => explained("Http418")).toThrow('CODE "Http418" is none of docs/errors.md, and so the service');
    expect(() => explained("-1")).toThrow('CODE "-1" is none');
  });

  test("is a document for scripts", async () => {
    for (const code of ["NoProof", "SlowDown", "Duplicate", "-154"]) {
      const [line = ""] = await printed(code, { json: true });
      expect(differencesOf("cos-originals/explain@1", JSON.parse(line))).toEqual([]);
    }
    expect(JSON.parse((await printed("SlowDown", { json: true }))[0] ?? "")).toMatchObject({
      code: "SlowDown",
      effect: "slowed",
      terminal: false,
    });
  });
});
