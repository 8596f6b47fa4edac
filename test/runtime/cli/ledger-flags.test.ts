import { expect, test } from "vitest";
import { ledgerFlags } from "../../../src/runtime/cli/input/ledger-flags.ts";

test.each([
  [
    { bucket: "archive-1250000000", region: "ap-guangzhou", prefix: ".originals/" },
    "--ledger cos://archive-1250000000/.originals/ --archive-region ap-guangzhou",
  ],
  [
    { store: "file", bucket: "/mnt/my archive", region: "local", prefix: ".originals/" },
    "--ledger 'file:///mnt/my archive/.originals/'",
  ],
] as const)("the ledger %j is told as it can be typed: %s", (ledger, flags) => {
  expect(ledgerFlags(ledger)).toBe(flags);
});
