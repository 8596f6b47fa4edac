/** What follows from a code, in Chinese. */
import type { Effect } from "../entry.ts";

export const effectTexts: Readonly<Record<Effect, string>> = {
  "row-over": "该行到此为止",
  refused: "该行失败；连续出现会中止任务",
  retried: "重试",
  slowed: "重试，并整体降速",
  "run-halted": "任务中止",
  "not-begun": "什么都不会开始",
  noted: "无",
};
