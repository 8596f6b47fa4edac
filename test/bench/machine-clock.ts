/** Milliseconds of a clock that all processes of one machine share, and that nobody sets (CLOCK_MONOTONIC on Linux). */
export const machineMs = (): number => Number(process.hrtime.bigint()) / 1e6;
