/** The catalogue of codes holds all that an outcome or an error can carry, nothing that nobody uses, and is what docs/errors.md says. */
import { describe, expect, test } from "vitest";
import { type Code, catalogue, entryOf } from "../../src/vocabulary/codes/catalogue.ts";
import type { Effect, Entry } from "../../src/vocabulary/codes/entry.ts";
import { folderCodes } from "../../src/vocabulary/codes/folder-codes.ts";
import { rowCodes } from "../../src/vocabulary/codes/row-codes.ts";
import { errNos, serviceCodes } from "../../src/vocabulary/codes/service-codes.ts";
import { transportCodes } from "../../src/vocabulary/codes/transport-codes.ts";
import { usageCodes } from "../../src/vocabulary/codes/usage-codes.ts";
import { readSources } from "../architecture/house.ts";

const elsewhere = [...readSources()].filter(([file]) => !file.startsWith("vocabulary/codes/"));
const groups = { rowCodes, serviceCodes, folderCodes, transportCodes, usageCodes };

/** Where a code is given, compared or told, outside the queue shim (whose names are those of @aws-sdk/client-sqs). */
const mentions = elsewhere
  .filter(([file]) => !file.startsWith("queue/"))
  .flatMap(([file, { text }]) =>
    [
      ...text.matchAll(/\b(?:code|Code)\b(?: ===| !==|:| =) "([A-Z][A-Za-z]+)"/g),
      ...text.matchAll(
        /\b(?:UserError|RefusedError|ManifestError|failed|pending|refusal|notDone)\(\s*(?:\w+, )*"([A-Z][A-Za-z]+)"/g,
      ),
    ].map(([, code]) => ({ file, code: code as string })),
  )
  // But for the operating system's own names.
  .filter(({ code }) => !/^E[A-Z]+$/.test(code));

describe("the catalogue of codes", () => {
  test("holds every code that src gives or compares", () => {
    expect(mentions.length).toBeGreaterThan(100);
    expect(mentions.filter(({ code }) => entryOf(code) === undefined)).toEqual([]);
  });

  test("has no entry that nobody uses", () => {
    const quoted = new Set(
      elsewhere.flatMap(([, { text }]) =>
        [...text.matchAll(/["`]([A-Z][A-Za-z]+)["`]|^ {2}([A-Z][A-Za-z]+): \[/gm)].map(([, a, b]) => a ?? b),
      ),
    );
    /** The entry itself decides: what a name that is not here would not do. */
    const decides = ({ effect, told, strain }: Entry) => effect !== "row-over" || told === true || strain === true;
    const isScarce = ({ scarce }: Entry) => scarce === true;
    const unused = (Object.keys(catalogue) as Code[]).filter(
      (code) => !quoted.has(code) && !isScarce(catalogue[code]) && !(code in serviceCodes && decides(catalogue[code])),
    );
    expect(unused).toEqual([]);
  });

  test("spells each code once", () => {
    const names = Object.values(groups).flatMap((group) => Object.keys(group));
    expect(names.filter((name, at) => names.indexOf(name) !== at)).toEqual([]);
  });

  test("says what a person does about everything that a person can mend before a run or after a halt", () => {
    const mute = Object.entries(catalogue as Record<string, Entry>).filter(
      ([, { effect, advice }]) => (effect === "run-halted" || effect === "refused") && advice === undefined,
    );
    expect(mute.map(([code]) => code)).toEqual([]);
  });

  test("is told in docs/errors.md (after a change: npx vitest run test/vocabulary -u)", async () => {
    await expect(document()).toMatchFileSnapshot("../../docs/errors.md");
  });
});

const words: Readonly<Record<Effect, string>> = {
  "row-over": "the row is over",
  refused: "the row has failed; a streak halts the run",
  retried: "tried again",
  slowed: "tried again, and all slow down",
  "run-halted": "the run is halted",
  "not-begun": "nothing is begun",
  noted: "nothing",
};

function table(entries: readonly (readonly [string, Pick<Entry, "means" | "effect" | "advice">])[]): string {
  const lines = entries.map(
    ([code, { means, effect, advice }]) => `| \`${code}\` | ${means} | ${words[effect]} | ${advice ?? ""} |`,
  );
  return ["| code | what happened | what follows | what to do |", "|---|---|---|---|", ...lines].join("\n");
}

function document(): string {
  const of = (group: object) => table(Object.entries(group).sort(([a], [b]) => (a < b ? -1 : 1)));
  return `# Errors

Every code in failures.csv, results, summary.json, halts and messages; made from \`src/vocabulary/codes/\`. The message beside a code
names the key or the setting and the value at fault. A code that is not here is the service's own: it is tried again where its
status is 5xx, 408 or 429, and ends the row otherwise. A connection that fails is tried again under the system's name for it
(\`ECONNREFUSED\`, \`ECONNRESET\`, …).

## Outcomes of rows
${of(rowCodes)}

## The service
${of(serviceCodes)}

X-ErrNo, a number of Cloud Infinite, outranks the status; a number that is not here is tried again:

${table(Object.entries(errNos).map(([number, entry]) => [number, entry]))}

## The connection
${of(transportCodes)}

## A folder as archive or ledger
${of(folderCodes)}

## Before any row is worked
${of(usageCodes)}
`;
}
