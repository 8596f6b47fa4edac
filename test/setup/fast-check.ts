/** Every property of a run starts from the one seed that vitest.config.ts told; a failure names it, and the path to its case. */
import fc from "fast-check";
import { runs } from "./quick.ts";

fc.configureGlobal({ ...fc.readConfigureGlobal(), seed: Number(process.env.FAST_CHECK_SEED), numRuns: runs(100) });
