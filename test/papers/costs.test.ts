/** The example of docs/costs.md is what the prices come to. */
import { expect, test } from "vitest";
import { costOf } from "../../src/policy/money/cost.ts";
import { listPrices } from "../../src/policy/money/list-prices.ts";
import { read } from "./papers.ts";

const million = 1_000_000;

test("docs/costs.md reckons as plan does, by the prices of the day that it names", () => {
  const paper = read("docs/costs.md");
  const bytes = { estimated: million * 2 * 1024 ** 2, rowsWithSize: million, rowsWithout: 0 };
  const requests = {
    "source.get": million,
    "source.head": 0,
    "archive.put": million,
    "archive.head": 0,
    ledger: 0,
  };
  const inCos = { archive: {}, ledger: {} };
  const cost = costOf({ bytes, requests }, listPrices, inCos);
  const told = [cost?.processing.upTo, cost?.requests, cost?.upTo, cost?.from, cost?.traffic].map((n) => n?.toFixed(2));
  expect(told).toEqual(["48.83", "2.00", "50.83", "2.00", "976.56"]);
  const example = paper.slice(paper.indexOf("## A worked example"));
  for (const amount of told) expect(example).toContain(`| ${amount} |`.replace("| 50.83 |", "| **50.83** |"));
  expect(paper).toContain(listPrices.asOf);
  for (const price of [listPrices.processing, listPrices.requests, listPrices.traffic])
    expect(paper).toContain(`${price} CNY`);
  expect(paper).toContain(`${listPrices.freeProcessing.toLocaleString("en")} GB`);
});
