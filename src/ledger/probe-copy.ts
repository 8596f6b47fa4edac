/** Where `doctor --probe` tries to copy an image to: in the ledger's folder, beside the runs, where nobody looks for originals or copies. */
import { probeCopyKey } from "./layout.ts";

export { probeCopyKey };

/** All keys that a probe may write. */
export const probeRange = <Place extends { readonly prefix: string }>(ledger: Place): Place => ({
  ...ledger,
  prefix: probeCopyKey(ledger.prefix, ""),
});
