/** What a run may cost, and from what on somebody is asked. */
import { setting } from "./setting.ts";
import * as values from "./values.ts";

export const capSettings = {
  maxCost: setting(values.money, {
    group: "cost",
    placeholder: "AMOUNT",
    description: "what the run may cost, in the currency of the prices; then it halts, and can be resumed with more",
    example: "20",
  }),
  maxBytes: setting(values.bytes, {
    group: "cost",
    placeholder: "SIZE",
    description: "bytes that the run may fetch; then it halts, and can be resumed with more",
    example: "500G",
  }),
  confirmAbove: setting(values.price, {
    group: "cost",
    placeholder: "AMOUNT",
    description: "at a terminal, ask before a run that may cost more than this",
    example: "50",
    default: "50",
  }),
} as const;
