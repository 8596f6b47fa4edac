// Bundles test/bench/ and runs it: `npm run bench`, `npm run bench -- --parts copy --sizes 16KiB --only limit-buffer,content-md5`.
import { spawnSync } from "node:child_process";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = fileURLToPath(new URL("..", import.meta.url));
// Below node_modules, where the dependencies are found.
const outdir = join(root, `node_modules/.cache/bench-${process.pid}`);
try {
  await build({
    entryPoints: ["main", "store", "racer", "starter", "job", "listing-store"].map((name) => `test/bench/${name}.ts`),
    absWorkingDir: root,
    outdir,
    bundle: true,
    splitting: true,
    platform: "node",
    target: "node20.18",
    format: "esm",
    packages: "external",
    define: { __VERSION__: '"bench"' },
    logLevel: "warning",
  });
  const { status } = spawnSync(process.execPath, [`${outdir}/main.js`, ...process.argv.slice(2)], { stdio: "inherit" });
  process.exitCode = status ?? 1;
} finally {
  rmSync(outdir, { recursive: true, force: true });
}
