/** What is not in scope of a run, in words. */
import { counted, formatCount } from "../vocabulary/counted.ts";

/** Why rows are left out, and how many for it. */
export interface LeftOutCounts {
  readonly filter?: number | undefined;
  readonly except?: number | undefined;
  readonly size?: number | undefined;
  readonly age?: number | undefined;
}

const why = {
  filter: "by --include, --exclude or --filter",
  except: "as --except names them",
  size: "by --min-size or --max-size",
  age: "by --newer-than",
} as const satisfies Record<keyof LeftOutCounts, string>;

/** `left out: 12 rows by …, 3 as …`; undefined where nothing is. */
export function leftOutText(leftOut: LeftOutCounts | null | undefined): string | undefined {
  const parts = (Object.keys(why) as (keyof LeftOutCounts)[]).flatMap((name) => {
    const count = leftOut?.[name] ?? 0;
    return count === 0 ? [] : [{ count, why: why[name] }];
  });
  if (parts.length === 0) return undefined;
  return `left out: ${parts.map(({ count, why }, at) => `${at === 0 ? counted(count, "row") : formatCount(count)} ${why}`).join(", ")}`;
}

export const limitedText = "stopped at --limit: what comes after was not looked at";
