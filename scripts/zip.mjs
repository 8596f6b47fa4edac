// A zip of a few files, the same bytes from the same files wherever and whenever it is made.
import { zipSync } from "fflate";

/** The first day that the format knows; it is written as this place's clock shows it. */
const firstDay = () => new Date(1980, 0, 1);
/** A plain file of Unix that its owner may write and all may read: `-rw-r--r--`. */
const madeBy = { os: 3, attrs: (0o100644 << 16) >>> 0 };

/** @param files `{ name, bytes }`, names with slashes */
export function zip(files) {
  const inOrder = [...files].sort((a, b) => (a.name < b.name ? -1 : 1));
  return Buffer.from(
    zipSync(Object.fromEntries(inOrder.map(({ name, bytes }) => [name, bytes])), {
      level: 9,
      mtime: firstDay(),
      ...madeBy,
    }),
  );
}
