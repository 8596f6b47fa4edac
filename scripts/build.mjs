// Bundles src/ into dist/: the command line (ESM), the library, and the deployed function (CommonJS, one file each).
// `--if-possible`: quietly does nothing where the development tools are not installed (npm install --omit=dev).
import { chmodSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

process.chdir(fileURLToPath(new URL("..", import.meta.url)));
let esbuild;
try {
  esbuild = await import("esbuild");
} catch (error) {
  if (process.argv.includes("--if-possible")) process.exit(0);
  throw error;
}
const { version } = JSON.parse(readFileSync("package.json", "utf8"));
const shared = {
  bundle: true,
  platform: "node",
  target: "node20.18",
  define: { __VERSION__: JSON.stringify(version) },
  logLevel: "warning",
  legalComments: "none",
};

rmSync("dist", { recursive: true, force: true });
// The command line and the library: our own code in one file each, dependencies from node_modules.
const packaged = await esbuild.build({
  ...shared,
  entryPoints: { cli: "src/runtime/cli/main.ts", index: "src/index.ts", queue: "src/queue/index.ts" },
  format: "esm",
  packages: "external",
  outdir: "dist",
  metafile: true,
});
// The function: everything in one CommonJS file, for platforms that install nothing.
await esbuild.build({
  ...shared,
  entryPoints: { lambda: "src/runtime/lambda.ts", "scf/index": "src/runtime/scf.ts" },
  format: "cjs",
  outdir: "dist",
  outExtension: { ".js": ".cjs" },
  minifySyntax: true,
  minifyWhitespace: true,
  metafile: true,
});
renameSync("dist/scf/index.cjs", "dist/scf/index.js");
// SCF loads index.js: say that this folder is CommonJS, whatever lies above it.
writeFileSync("dist/scf/package.json", '{"type":"commonjs"}\n');
chmodSync("dist/cli.js", 0o755);
if (process.argv.includes("--sizes")) {
  for (const file of [...Object.keys(packaged.metafile.outputs), "dist/lambda.cjs", "dist/scf/index.js"]) {
    try {
      console.log(`${file}  ${(statSync(file).size / 1024).toFixed(0)} KiB`);
    } catch {}
  }
}
