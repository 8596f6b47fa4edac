/** --stats: a line every so often, for logs; where a terminal shows how far it is, nobody needs it. */
import type { Clock } from "../../../vocabulary/clock.ts";

/** Returns what is called often, with what makes the line; it tells one each time that `seconds` have passed. Nothing where that is undefined. */
export function statsLines(
  seconds: number | undefined,
  tell: (line: string) => void,
  clock: Pick<Clock, "elapsed">,
): (line: () => string) => void {
  let next = clock.elapsed() + (seconds ?? 0) * 1_000;
  return (line) => {
    if (seconds === undefined || clock.elapsed() < next) return;
    // What came late delays the next by nothing.
    while (next <= clock.elapsed()) next += seconds * 1_000;
    tell(line());
  };
}
