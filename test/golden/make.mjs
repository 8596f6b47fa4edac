// Makes the golden files of a version: `node test/golden/make.mjs CHECKOUT NAME [STATE …]`, where CHECKOUT is a clone at the commit
// that is to be remembered, installed and built, and NAME the folder to write beside this file, as in 0.1.0-0d7049b.
import { spawnSync } from "node:child_process";
import { rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = fileURLToPath(new URL("../..", import.meta.url));
const [checkout, name, ...states] = process.argv.slice(2);
if (checkout === undefined || name === undefined) {
  console.error("usage: node test/golden/make.mjs CHECKOUT NAME [STATE …]");
  process.exit(2);
}
// Below node_modules, where the dependencies are found.
const outdir = join(root, `node_modules/.cache/golden-${process.pid}`);
try {
  await build({
    entryPoints: ["test/golden/make.ts"],
    absWorkingDir: root,
    outdir,
    bundle: true,
    platform: "node",
    target: "node20.18",
    format: "esm",
    packages: "external",
    logLevel: "warning",
  });
  const args = [join(outdir, "make.js"), resolve(checkout), join(root, "test/golden", name), ...states];
  const { status } = spawnSync(process.execPath, args, { stdio: "inherit" });
  process.exitCode = status ?? 1;
} finally {
  rmSync(outdir, { recursive: true, force: true });
}
