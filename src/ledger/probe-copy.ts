/** Where `doctor --probe` tries to copy an image to: in the ledger's folder, beside the runs, where nobody looks for originals or copies. */
export { probeCopyKey } from "./layout.ts";
