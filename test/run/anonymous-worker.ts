import type { WorkerIdentity } from "../../src/run/surroundings/worker-identity.ts";

/** Knows nobody, and nobody knows it: an attempt that it leaves is waited for until its last sign of life is old. */
export const anonymousWorker: WorkerIdentity = { id: "", isGone: () => false };
