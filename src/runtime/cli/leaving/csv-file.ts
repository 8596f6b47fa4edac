/** A CSV that a command writes line by line, as it finds what belongs there. */
import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { finished } from "node:stream/promises";
import { csvLine } from "../../../manifest/csv-text.ts";
import { quote } from "../../../vocabulary/errors.ts";
import { unwritable } from "../terminal/unwritable.ts";

type Cells = readonly (string | number | undefined)[];

export interface CsvFile {
  /** Resolves once there is room for more. */
  add(cells: Cells): Promise<void>;
  /** Resolves once all is with the system. */
  close(): Promise<void>;
}

/**
 * Before any request is made: a folder that is not there is said at once. Throws UserError `OutUnwritable`, and so do `add` and `close`.
 *
 * @param flag what named it: `--out`
 */
export async function openCsvFile(path: string, flag: string, header: Cells): Promise<CsvFile> {
  const stream = createWriteStream(path);
  const ended = finished(stream).catch((thrown: unknown) => {
    throw unwritable(`${flag} ${quote(path)}`, thrown);
  });
  ended.catch(() => undefined);
  await Promise.race([once(stream, "open"), ended]);
  stream.write(csvLine(header));
  return {
    async add(cells) {
      if (!stream.write(csvLine(cells))) await Promise.race([once(stream, "drain"), ended]);
    },
    async close() {
      stream.end();
      await ended;
    },
  };
}
