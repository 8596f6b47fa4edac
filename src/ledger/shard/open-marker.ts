/** What an attempt's open marker says. Pure. */
import * as z from "zod";

export interface OpenMarker {
  /** Who works on it: run/worker-identity.ts. */
  readonly worker: string;
  /** The plan that ruled the run then. In a ledger bucket that ever had versioning another may take its place. */
  readonly plan?: string | undefined;
}

const schema = z.object({ worker: z.string(), plan: z.string().optional() });

export const openMarkerText = (marker: OpenMarker): string => JSON.stringify(marker);

/** Undefined where it says nothing that is understood. */
export function parseOpenMarker(bytes: Buffer | undefined): OpenMarker | undefined {
  try {
    return schema.safeParse(JSON.parse(bytes?.toString("utf8") ?? "")).data;
  } catch {
    return undefined;
  }
}
