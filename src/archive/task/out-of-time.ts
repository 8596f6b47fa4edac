/** What ends a task whose delivery is over before it is. */

/** Why what was in flight was given up: an estimate was wrong, and the process's time is over. */
export class OutOfTime extends Error {
  override readonly name = "OutOfTime";
  /** Tasks that were in flight. One that was alone can't blame the others. */
  readonly running: number;
  constructor(running: number) {
    super(`${running === 1 ? "it was" : `${running} were`} in flight when the time of this delivery was over`);
    this.running = running;
  }
}

/** The code of a row that was in flight then. */
export const outOfTimeCode = "OutOfTime";
