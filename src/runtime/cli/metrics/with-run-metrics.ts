/** `--metrics-file` of the commands that work a run. What writes it is read only where one is asked for. */
import type { Summary } from "../../../report/summary.ts";
import { systemClock } from "../../../vocabulary/clock.ts";
import { ensureError } from "../../../vocabulary/errors.ts";
import { type ExitCode, exitCodeOfError, exitCodes } from "../terminal/exit-codes.ts";

/** Works a run, and tells how it ended. */
export type ToldRun = (told: (summary: Summary) => void) => Promise<ExitCode>;

/** Writes the file at the end, also of what could not begin. Throws what `work` does; UserError `InvalidSetting`, `OutUnwritable`. */
export async function withRunMetrics(file: string | undefined, work: ToldRun): Promise<ExitCode> {
  if (file === undefined) return work(() => undefined);
  const { checkMetricsFile, writeRunMetrics } = await import("./metrics-file.ts");
  checkMetricsFile(file);
  let summary: Summary | undefined;
  let code: ExitCode = exitCodes.fault;
  try {
    code = await work((last) => {
      summary = last;
    });
    return code;
  } catch (thrown) {
    code = exitCodeOfError(ensureError(thrown));
    throw thrown;
  } finally {
    await writeRunMetrics(file, code, summary, systemClock);
  }
}
