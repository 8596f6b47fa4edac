/** Of a run that brings keys back from an archive. */
import type { Surroundings } from "./surroundings.ts";

/** Roles turned around: keys come from the archive, by its credentials, and go where originals come from. */
export function turned(surroundings: Surroundings): Surroundings {
  const roles = { source: "archive", archive: "source", ledger: "ledger", manifest: "manifest" } as const;
  return { ...surroundings, open: (role, place) => surroundings.open(roles[role], place) };
}
