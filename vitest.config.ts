import { randomInt } from "node:crypto";
import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

/** Files that take minutes; begun last, each would run on alone. */
const longest =
  /\/test\/(simulation|protocol|throttle|night|runtime\/function\/scf|events\/told|kill|policy\/concurrency\/auto|package|runtime\/cli\/(recorded|refused-everywhere|queued|run))(\/|\.slow|-)/;

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const isLong = ({ moduleId }: TestSpecification) => longest.test(moduleId);
    return [...sorted.filter(isLong), ...sorted.filter((file) => !isLong(file))];
  }
}

/** A file that starts a process or a browser, or searches for minutes, says so in its name. */
const slow = "test/**/*.slow.test.ts";

/** For what hangs. No test is to fail because its machine is slow. */
const hangMs = 600_000;

/** Of all properties of this run; told first, and once, so that it is known even of a run that was killed. */
function chooseSeed(): string {
  const seed = String(randomInt(2 ** 31));
  console.error(`Properties are tried from seed ${seed}; FAST_CHECK_SEED=${seed} tries the same again.`);
  return seed;
}

export default defineConfig(({ mode }) => {
  // This file is read for the run, which has a mode, and then for each project, which has none.
  if (mode === "quick") process.env.QUICK = "yes";
  process.env.FAST_CHECK_SEED ??= chooseSeed();
  return {
    test: {
      // Files wait for processes and servers as much as they compute. Many more at once would only wait for each other.
      maxWorkers: Math.min(4, availableParallelism()),
      sequence: { sequencer: LongestFirst },
      testTimeout: hangMs,
      hookTimeout: hangMs,
      teardownTimeout: hangMs,
      env: { FAST_CHECK_SEED: process.env.FAST_CHECK_SEED, QUICK: process.env.QUICK ?? "no" },
      setupFiles: ["test/setup/fast-check.ts"],
      projects: [
        {
          extends: true,
          test: {
            name: "quick",
            include: ["test/**/*.test.ts"],
            exclude: [slow],
            setupFiles: ["test/setup/no-processes.ts"],
            // Files share what they import: reading it anew for each takes longer than the tests.
            isolate: false,
          },
        },
        {
          extends: true,
          test: { name: "slow", include: [slow], globalSetup: ["test/setup/shared-folder.ts"] },
        },
      ],
    },
  };
});
