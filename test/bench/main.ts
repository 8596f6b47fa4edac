/** `npm run bench`: the store in one process, each contestant in another, cell by cell. */

import { cpus } from "node:os";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { type SizeLabel, sizeLabels } from "./bodies.ts";
import { contestants } from "./contestants.ts";
import { canPin, start } from "./processes.ts";
import { type Cell, race } from "./race.ts";
import { cellText, ratiosOf, ratiosText } from "./table.ts";

const { values } = parseArgs({
  options: {
    sizes: { type: "string", default: sizeLabels.join(",") },
    concurrency: { type: "string", default: "1,16,64" },
    rounds: { type: "string", default: "9" },
    only: { type: "string" },
    /** For the contestants' processes, `--cpu-prof` say. */
    "node-flags": { type: "string" },
    json: { type: "boolean", default: false },
  },
});
const say = (text: string) => (values.json ? process.stderr : process.stdout).write(`${text}\n`);
const note = (text: string) => {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${text}`);
};
const folder = dirname(fileURLToPath(import.meta.url));
const names = values.only?.split(",");
const rounds = Number(values.rounds);
const nodeFlags = values["node-flags"]?.split(" ") ?? [];

say(
  `Node ${process.version}, ${cpus()[0]?.model ?? "unknown CPU"} × ${cpus().length}; each contestant on core 0, the store on core 1${canPin ? "" : " (not pinned: no taskset, or one core)"}`,
);
const store = await start(`${folder}/store.js`, 1);
const { port } = store.greeting as { port: number };
const cells: Cell[] = [];
try {
  for (const label of values.sizes.split(",") as SizeLabel[]) {
    for (const concurrency of values.concurrency.split(",").map(Number)) {
      const some = contestants.filter(
        ({ name, only }) => (only?.includes(label) ?? true) && (names === undefined || names.includes(name)),
      );
      const cell = await race({ folder, store, port, label, concurrency, contestants: some, rounds, nodeFlags, note });
      note("");
      say(cellText(cell));
      cells.push(cell);
    }
  }
} finally {
  await store.end();
}
const ratios = cells.map(ratiosOf);
say(ratiosText(ratios));
if (values.json) process.stdout.write(`${JSON.stringify({ node: process.version, rounds, cells, ratios }, null, 2)}\n`);
const bad = cells.some(({ results }) => results.some(({ wrong, failure }) => wrong > 0 || failure !== undefined));
process.exitCode = bad ? 1 : 0;
