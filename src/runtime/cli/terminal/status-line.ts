/** One line made of parts, cut to a terminal by what matters least. Pure. */
import { visible } from "../../../vocabulary/visible.ts";
import { cutTo, widthOf } from "./width.ts";

export interface StatusPart {
  /** What matters less is shortened, and then left out, before what matters more. */
  readonly matters: number;
  /** From the longest to the shortest way to say it. */
  readonly texts: readonly string[];
}

/** Parts in the order in which they are read. */
export type StatusLine = string | readonly StatusPart[];

const between = "  ";

/** All of it, however long. */
export const wholeLine = (parts: readonly StatusPart[]): string =>
  parts.flatMap(({ texts }) => texts.slice(0, 1)).join(between);

/** To say less costs as much less than to say nothing. */
const shortening = 5;

/** In so many columns at most. */
export function fitted(line: StatusLine, columns: number): string {
  if (typeof line === "string") return cutTo(visible(line), columns);
  const parts = line.map(({ matters, texts }) => ({ matters, texts: texts.map(visible), at: 0 }));
  const now = () => parts.flatMap(({ texts, at }) => texts.slice(at, at + 1)).join(between);
  const byLeast = [...parts].sort((a, b) => a.matters - b.matters);
  const most = byLeast.at(-1);
  const steps = byLeast
    .flatMap((part) => {
      const { matters, texts } = part;
      const shorter = texts.slice(1).map(() => ({ part, cost: matters - shortening }));
      return part === most ? shorter : [...shorter, { part, cost: matters }];
    })
    .sort((a, b) => a.cost - b.cost);
  for (const { part } of steps) {
    if (widthOf(now()) <= columns) break;
    part.at++;
  }
  return cutTo(now(), columns);
}
