// Bundles src/ into dist/ (or `--outdir DIR`): the command line (ESM), the library, and the deployed functions (CommonJS, one
// file each). `--if-possible`: quietly does nothing where the development tools are not installed (npm install --omit=dev).
import { chmodSync, existsSync, readFileSync, renameSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const { values: options } = parseArgs({
  options: {
    outdir: { type: "string", default: "dist" },
    sizes: { type: "boolean", default: false },
    "if-possible": { type: "boolean", default: false },
  },
});
const outdir = resolve(options.outdir);
process.chdir(fileURLToPath(new URL("..", import.meta.url)));
let esbuild;
try {
  esbuild = await import("esbuild");
} catch (error) {
  if (options["if-possible"]) process.exit(0);
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
  metafile: true,
};

/** A function loads of undici what it uses: not what undici-client.mjs leaves out, and no HTTP/2, which it is never asked for. */
const undiciClient = {
  name: "undici-client",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^undici$/ }, () => ({ path: resolve("scripts/undici-client.mjs") }));
    onLoad({ filter: /[\\/]undici[\\/]lib[\\/]dispatcher[\\/]client-h2\.js$/ }, () => ({
      contents: 'module.exports = () => { throw new Error("HTTP/2 is not part of this bundle"); };',
    }));
  },
};

/** npm links the commands of dependencies, not a checkout's own: without this `npx cos-originals` would not find it here. */
function linkCommand() {
  const bin = "node_modules/.bin";
  if (!existsSync(bin)) return;
  const link = `${bin}/cos-originals`;
  rmSync(link, { force: true });
  if (process.platform === "win32") writeFileSync(`${link}.cmd`, '@node "%~dp0\\..\\..\\dist\\cli.js" %*\r\n');
  else symlinkSync("../../dist/cli.js", link);
}

// Built aside and moved into place whole: who runs the former build meanwhile never finds half of the new one.
const aside = `${outdir}.${process.pid}`;
try {
  // The library: our own code in one file an entry, dependencies from node_modules.
  const packaged = await esbuild.build({
    ...shared,
    entryPoints: { index: "src/index.ts", queue: "src/queue.ts" },
    format: "esm",
    packages: "external",
    outdir: aside,
  });
  // The command line: a command reads what it needs, from few files. To find and read hundreds in node_modules takes longer than most
  // commands take to run.
  const command = await esbuild.build({
    ...shared,
    entryPoints: { cli: "src/cli.ts" },
    format: "esm",
    splitting: true,
    chunkNames: "cli/[name]-[hash]",
    outdir: aside,
    plugins: [undiciClient],
    minify: true,
    keepNames: true,
    // What is CommonJS asks for Node's own modules by it.
    banner: { js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);' },
  });
  // The functions: everything in one CommonJS file, for platforms that install nothing.
  const bundled = await esbuild.build({
    ...shared,
    entryPoints: { lambda: "src/lambda.ts", "scf/index": "src/scf.ts" },
    format: "cjs",
    outdir: aside,
    outExtension: { ".js": ".cjs" },
    plugins: [undiciClient],
    minify: true,
  });
  // SCF loads index.js: say that this folder is CommonJS, whatever lies above it.
  renameSync(`${aside}/scf/index.cjs`, `${aside}/scf/index.js`);
  writeFileSync(`${aside}/scf/package.json`, '{"type":"commonjs"}\n');
  chmodSync(`${aside}/cli.js`, 0o755);
  if (options.sizes) {
    for (const { outputs } of [packaged.metafile, command.metafile, bundled.metafile]) {
      for (const output of Object.keys(outputs)) {
        const file = resolve(output)
          .slice(aside.length + 1)
          .replace("scf/index.cjs", "scf/index.js");
        console.log(`${options.outdir}/${file}  ${(statSync(`${aside}/${file}`).size / 1024).toFixed(0)} KiB`);
      }
    }
  }
  rmSync(outdir, { recursive: true, force: true });
  renameSync(aside, outdir);
  if (outdir === resolve("dist")) linkCommand();
} finally {
  rmSync(aside, { recursive: true, force: true });
}
