/** Catches: a place that tells of pending rows, and not that they wait for a restore, which needs nobody at work. */
import { describe, expect, it } from "vitest";
import { endedEvent } from "../../src/events/ended-event.ts";
import type { RunRequest } from "../../src/ledger/plan/request.ts";
import { runOptionsSchema } from "../../src/ledger/plan/run-options.ts";
import { usualPrices } from "../../src/policy/money/cost.ts";
import { reportHtml } from "../../src/report/page/report-html.ts";
import { runsHtml } from "../../src/report/page/runs-html.ts";
import { summaryMarkdown } from "../../src/report/page/summary-markdown.ts";
import { summaryText } from "../../src/report/summary-text.ts";
import { runValues } from "../../src/runtime/cli/metrics/metrics-file.ts";
import { runsDocument, runsText } from "../../src/runtime/cli/terminal/runs-text.ts";
import { archivePlace, ledgerPlace, sourcePlace } from "../run/world.ts";
import { summaryOfRun } from "./runs-of-report.ts";

describe("a run", () => {
  it.each([
    [
      "running",
      "2 rows of the pending wait until their originals are restored from an archive class; the next look is at ",
      "",
    ],
    [
      "incomplete",
      "2 rows of the pending wait until their originals are restored from an archive class, which needs nobody at work: go on after ",
      ", and within the 7 days that the copies are kept, or they are restored, and paid for, once more",
    ],
  ] as const)("tells of rows that wait for a restore wherever it tells of pending ones: %s", (state, before, after) => {
    const restoring = { rows: 2, lookAt: "2026-11-30T06:00:00.000Z", days: 7 };
    const summary = { ...summaryOfRun(3, 0, { state }), restoring };
    const sentence = `${before}2026-11-30 06:00:00 UTC${after}.`;
    const index = { ledger: "cos://archive-1250000000/", more: 0, writtenAt: "2026-11-30T05:00:00.000Z" };
    const run = { kind: "read", run: summary.run, summary } as const;
    expect(summaryText(summary)).toContain(`  ${before}${restoring.lookAt}${after}`);
    expect(reportHtml(summary)).toContain(`<p class="note">${sentence}</p>`);
    expect(runsHtml({ ...index, runs: [run] })).toContain(`<td colspan="10">${sentence}</td>`);
    const markdown = summaryMarkdown(summary).replace(/&#(\d+);/g, (_, code) => String.fromCharCode(code));
    expect(markdown).toContain(`\n${sentence}\n`);
    expect(endedEvent(ledgerPlace, summary, 1).data).toMatchObject({
      restoring,
    });
    expect(runValues(5, summary, 0).get("run_restoring_rows")).toEqual([[{}, 2]]);
    const request = { source: sourcePlace, archive: archivePlace, options: runOptionsSchema.parse({}) } as RunRequest;
    const found = { runs: [{ ...run, request, lastSign: undefined }], more: 0 };
    expect(runsText(found, ledgerPlace, usualPrices)).toContain(`${summary.run}: ${before}${restoring.lookAt}${after}`);
    expect(runsDocument(found, ledgerPlace, usualPrices).runs).toMatchObject([{ restoring }]);
  });
});
