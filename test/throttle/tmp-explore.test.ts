import { test } from "vitest";
import { settled, tell } from "./lab.ts";
import { fixedWindow, tokenBucket } from "./throttles.ts";

test("explore", async () => {
  const worst: Record<string, [number, number, number]> = {};
  for (const seed of [1, 2, 3])
    for (const [n, concurrency, latencyMs, rows] of [
      [20, 32, 5, 2500],
      [20, 32, 100, 2500],
      [20, 32, 200, 2500],
      [200, 32, 5, 20000],
      [200, 32, 40, 20000],
      [200, 256, 200, 20000],
      [1000, 32, 5, 25000],
      [1000, 256, 50, 25000],
    ] as const)
      for (const counts of seed === 1 ? (["originals", "source"] as const) : (["originals"] as const))
        for (const [name, make] of [
          ["window", () => fixedWindow(n)],
          ["bucket", () => tokenBucket(n, 1)],
        ] as const)
          for (const retryAfter of seed === 2 ? [1, 5] : [undefined, 1]) {
            if (n === 1000 && seed === 3) continue;
            const t = Date.now();
            const story = await tell({
              seed,
              rows,
              concurrency,
              latencyMs,
              throttle: make(),
              counts,
              bareRows: counts === "source",
              ...(retryAfter === undefined ? {} : { retryAfter }),
            });
            const s = settled(story, 10);
            console.log(
              seed,
              n,
              concurrency,
              latencyMs,
              counts,
              name,
              retryAfter ?? "-",
              `${(s.perSecond / n).toFixed(3)} refused ${(100 * s.refused).toFixed(2)}% all ${(100 * s.refusedOfAll).toFixed(2)}%`,
              story.outcomes.archived === rows,
              `${Math.round(story.seconds)}s cpu ${Date.now() - t}ms`,
            );
          }
}, 900_000);
