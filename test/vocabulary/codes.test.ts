/** The catalogue of codes holds all that an outcome or an error can carry, nothing that nobody uses, and is what docs/errors.md says. */
import { describe, expect, test } from "vitest";
import { type Code, catalogue, entryOf } from "../../src/vocabulary/codes/catalogue.ts";
import { effectWords } from "../../src/vocabulary/codes/effect-words.ts";
import type { Effect, Entry } from "../../src/vocabulary/codes/entry.ts";
import { folderCodes } from "../../src/vocabulary/codes/folder-codes.ts";
import { rowCodes } from "../../src/vocabulary/codes/row-codes.ts";
import { errNos, serviceCodes } from "../../src/vocabulary/codes/service-codes.ts";
import { transportCodes } from "../../src/vocabulary/codes/transport-codes.ts";
import { usageCodes } from "../../src/vocabulary/codes/usage-codes.ts";
import { textOf, texts } from "../../src/vocabulary/codes/zh/catalogue.ts";
import { effectTexts } from "../../src/vocabulary/codes/zh/effect-texts.ts";
import { errNoTexts } from "../../src/vocabulary/codes/zh/service-texts.ts";
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

describe("the catalogue in Chinese", () => {
  const both = [
    ...(Object.entries(catalogue) as [string, Pick<Entry, "means" | "advice">][]).map(
      ([code, english]) => [code, english, textOf(code)] as const,
    ),
    ...Object.entries(errNos).map(
      ([number, english]): readonly [
        string,
        Pick<Entry, "means" | "advice">,
        Pick<Entry, "means" | "advice"> | undefined,
      ] => [number, english, errNoTexts[Number(number)]],
    ),
  ] as const;
  /** What is typed, or stands in settings, replies and buckets as it is: the same in any language. */
  const kept = (text: string | undefined) =>
    [
      ...(text ?? "").matchAll(
        /--[a-z]+(?:-[a-z]+)*(?: (?:skip|keep|fail|archive|overwrite|size)\b)?|\{\w+\}|\b[A-Z]{2,}(?:_[A-Z]+)+\b|cos-originals (?:doctor|resume)|%\w\w|X-\w+(?: -\d+)?|[a-z]+:\/\/[\w./:[\]-]+|\d{4,}|ETag|CRC64|MD5/g,
      ),
    ]
      .map(([found]) => found)
      .sort();

  test("has each code, advice where the English has any, and the same flags, names and placeholders", () => {
    expect(Object.keys(texts).sort()).toEqual(Object.keys(catalogue).sort());
    expect(Object.keys(errNoTexts).sort()).toEqual(Object.keys(errNos).sort());
    const wrong = both.filter(
      ([, english, chinese]) =>
        (english.advice === undefined) !== (chinese?.advice === undefined) ||
        `${kept(english.means)}` !== `${kept(chinese?.means)}` ||
        `${kept(english.advice)}` !== `${kept(chinese?.advice)}`,
    );
    expect(wrong.map(([code, english, chinese]) => ({ code, english, chinese }))).toEqual([]);
  });

  test("is Chinese, without a full stop at its end", () => {
    const said = both.flatMap(([code, , chinese]) => [chinese?.means, chinese?.advice].map((text) => ({ code, text })));
    expect(said.filter(({ text }) => text !== undefined && !/\p{Script=Han}.*[^。.]$/su.test(text))).toEqual([]);
  });

  test("is told in docs/errors.zh.md (after a change: npx vitest run test/vocabulary -u)", async () => {
    await expect(documentZh()).toMatchFileSnapshot("../../docs/errors.zh.md");
  });
});

function table(entries: readonly (readonly [string, Pick<Entry, "means" | "effect" | "advice">])[]): string {
  const lines = entries.map(
    ([code, { means, effect, advice }]) => `| \`${code}\` | ${means} | ${effectWords[effect]} | ${advice ?? ""} |`,
  );
  return ["| code | what happened | what follows | what to do |", "|---|---|---|---|", ...lines].join("\n");
}

function document(): string {
  const of = (group: object) => table(Object.entries(group).sort(([a], [b]) => (a < b ? -1 : 1)));
  return `# Errors

English · [简体中文](errors.zh.md)

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

function documentZh(): string {
  const table = (rows: readonly (readonly [string, Effect, Pick<Entry, "means" | "advice"> | undefined])[]) =>
    [
      "| 代码 | 发生了什么 | 结果 | 该怎么做 |",
      "|---|---|---|---|",
      ...rows.map(
        ([code, effect, text]) => `| \`${code}\` | ${text?.means} | ${effectTexts[effect]} | ${text?.advice ?? ""} |`,
      ),
    ].join("\n");
  const of = (group: Readonly<Record<string, Entry>>) =>
    table(
      Object.entries(group)
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([code, { effect }]) => [code, effect, textOf(code)]),
    );
  return `# 错误代码

[English](errors.md) · 简体中文

failures.csv、results、summary.json、任务中止原因和各种消息中的所有代码；由 \`src/vocabulary/codes/\` 生成。代码旁的消息会指出出错的对象键或设置，以及
出错的值。这里没有的代码是服务自己的：状态码为 5xx、408 或 429 时会重试，否则该行到此为止。连接失败时，会以系统给出的名称
（\`ECONNREFUSED\`、\`ECONNRESET\` 等）重试。

## 各行的结果
${of(rowCodes)}

## 服务
${of(serviceCodes)}

X-ErrNo 是数据万象（Cloud Infinite）的错误号，优先于状态码；这里没有的错误号会重试：

${table(Object.entries(errNos).map(([number, { effect }]) => [number, effect, errNoTexts[Number(number)]]))}

## 连接
${of(transportCodes)}

## 以文件夹作为归档或账本
${of(folderCodes)}

## 处理任何一行之前
${of(usageCodes)}
`;
}
