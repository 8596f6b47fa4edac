// Draws docs/architecture.svg and the table of rooms in docs/architecture.md from src: `npm run architecture`.
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";

const root = fileURLToPath(new URL("..", import.meta.url));
// house.ts finds src from where it lies.
const bundle = join(root, `test/architecture/.architecture-${process.pid}.mjs`);
try {
  await build({
    stdin: {
      contents: ["house", "about", "paper", "picture"].map((name) => `export * from "./${name}.ts";`).join("\n"),
      resolveDir: join(root, "test/architecture"),
    },
    outfile: bundle,
    bundle: true,
    platform: "node",
    target: "node20.18",
    format: "esm",
    logLevel: "warning",
  });
  const { house, readSources, about, roomsTable, withRooms, drawHouse } = await import(pathToFileURL(bundle).href);
  const sources = readSources();
  const paper = join(root, "docs/architecture.md");
  writeFileSync(paper, withRooms(readFileSync(paper, "utf8"), roomsTable(house, sources, about)));
  writeFileSync(join(root, "docs/architecture.svg"), drawHouse(house, sources, about));
} finally {
  rmSync(bundle, { force: true });
}
