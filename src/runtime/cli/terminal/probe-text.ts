/** What `doctor --probe` tells people. */
import type { ProbeFinding } from "../../../emulator/faults/findings.ts";
import { defaultSwitches } from "../../../emulator/faults/switches.ts";
import { costOf, type Prices } from "../../../policy/money/cost.ts";
import { formatBytes, formatMoney } from "../../../report/quantity.ts";
import { counted } from "../../../vocabulary/counted.ts";

const noRequests = { "source.get": 0, "source.head": 0, "archive.head": 0, "archive.put": 0, ledger: 0 };

/** Of what is to be sent, before it is. */
export function probeCostText(
  { requests, bytes }: { readonly requests: number; readonly bytes: number },
  prices: Prices,
  copies: boolean,
): string {
  const cost = costOf(
    {
      bytes: { rowsWithSize: 1, rowsWithout: 0, estimated: bytes },
      requests: { ...noRequests, "source.get": requests },
    },
    prices,
    { archive: {}, ledger: {} },
  );
  const money =
    cost === null
      ? ""
      : `, at most ${formatMoney(cost.upTo, prices.currency)} by your price settings, and outside the source's region ${formatMoney(cost.traffic, prices.currency)} of traffic`;
  const copy = copies
    ? "copies an image into the ledger's folder, to see whether a copy gets round the protection, and deletes it again"
    : "copies nothing";
  return `The probe sends at most ${counted(requests, "request")}, processes ${formatBytes(bytes)} of originals${money}. It writes nothing into the source, and ${copy}.`;
}

/** One line a finding, those that are settled first. */
export function probeText(findings: readonly ProbeFinding[]): readonly string[] {
  const settled = findings.filter(({ value }) => value !== null);
  const open = findings.filter(({ value }) => value === null);
  return [
    ...settled.map(
      (found) =>
        `settled  ${found.switch} = ${valueText(found)}${otherwise(found)}: ${found.request}${replyText(found)}`,
    ),
    ...open.map((found) => `unknown  ${found.switch}: ${found.unknown}; ${found.request}${replyText(found)}`),
  ];
}

function valueText({ switch: name, value }: ProbeFinding): string {
  if (name !== "protect" || typeof value !== "object" || value === null) return JSON.stringify(value);
  const list = (suffixes: readonly string[]) => (suffixes.length === 0 ? "none" : suffixes.join(", "));
  return `${value.status ?? "not told"}, refused: ${list(value.refused)}, served: ${list(value.served)}`;
}

/** Where the service is not what the emulator takes it for. */
function otherwise({ switch: name, value }: ProbeFinding): string {
  if (name === "protect") return "";
  const standard = defaultSwitches[name];
  return standard === value ? "" : ` (the emulator's default: ${JSON.stringify(standard)})`;
}

function replyText({ reply }: ProbeFinding): string {
  if (reply === undefined) return "";
  const { status, code, errNo } = reply;
  return ` (${[String(status), code, errNo === undefined ? undefined : `X-ErrNo ${errNo}`].filter((part) => part !== undefined).join(", ")})`;
}
