// Bundles src/ into dist/ (or `--outdir DIR`): the command line (ESM), the library, and the deployed functions (CommonJS, one
// file each). `--if-possible`: where the development tools are not installed (npm install --omit=dev) it leaves the dist/ that is there, or says that there is none.
import {
  chmodSync,
  existsSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { basename, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { noticesFile, thirdPartyNotices } from "./third-party.mjs";

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
  if (options["if-possible"] && existsSync(join(outdir, "cli.js"))) process.exit(0);
  if (!options["if-possible"]) throw error;
  // Else whoever types the command next finds out, or is offered another package of that name.
  console.error(
    "cos-originals: dist/ is missing, and can't be built without the development tools. Run `npm install` (with them), or bring a dist/ that was built elsewhere; `npm install --omit=dev --ignore-scripts` installs without.",
  );
  process.exit(1);
}
const { pageTexts } = await import("./page-texts.mjs");
const { version, peerDependenciesMeta } = JSON.parse(readFileSync("package.json", "utf8"));
const shared = {
  bundle: true,
  platform: "node",
  target: "node20.18",
  define: { __VERSION__: JSON.stringify(version) },
  logLevel: "warning",
  legalComments: "none",
  metafile: true,
};

/** Packages that a command imports by name where a user has installed them: optional peers of package.json. */
const installedByUsers = Object.keys(peerDependenciesMeta).filter((name) => !name.startsWith("@types/"));

/** Of undici what is used: not what undici-client.mjs leaves out, no HTTP/2, and none of fetch's bodies, which are for those of its FormData. */
const undiciClient = {
  name: "undici-client",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^undici$/ }, () => ({ path: resolve("scripts/undici-client.mjs") }));
    onLoad({ filter: /[\\/]undici[\\/]lib[\\/]dispatcher[\\/]client-h2\.js$/ }, () => ({
      contents: 'module.exports = () => { throw new Error("HTTP/2 is not part of this bundle"); };',
    }));
    onLoad({ filter: /[\\/]undici[\\/]lib[\\/]web[\\/]fetch[\\/]body\.js$/ }, () => ({
      contents: 'exports.extractBody = () => { throw new Error("FormData is not part of this bundle"); };',
    }));
  },
};

/**
 * A function leaves out what it never uses of what it has: undici's parser for processors without SIMD, which no platform of functions has (where
 * there is none, it fails as that of SIMD does), zod's schemas written as JSON Schema, and folders, which it refuses as its settings are read and, where
 * a message names one, as it is opened.
 */
const neverUsed = {
  name: "never-used",
  setup({ onLoad }) {
    onLoad({ filter: /[\\/]undici[\\/]lib[\\/]llhttp[\\/]llhttp-wasm\.js$/ }, () => ({
      contents: 'module.exports = require("./llhttp_simd-wasm.js");',
    }));
    onLoad({ filter: /[\\/]zod[\\/]v4[\\/]core[\\/](?:to-json-schema|json-schema-processors)\.js$/ }, ({ path }) => {
      const names = [...readFileSync(path, "utf8").matchAll(/^export (?:const|function) (\w+)/gm)].map(
        ([, name]) => name,
      );
      const none = 'function none() { throw new Error("JSON Schema is not part of this bundle"); }';
      const made = names.map((name) => `export const ${name} = ${name.startsWith("create") ? "() => none" : "none"};`);
      return { contents: [none, ...made].join("\n") };
    });
    onLoad({ filter: /[\\/]src[\\/]stores[\\/]folder[\\/]folder\.ts$/ }, () => ({
      loader: "ts",
      contents: `import { UserError } from "../../vocabulary/errors.ts";
        export function createFolderStore({ folder }) {
          throw new UserError("InvalidSetting", \`The folder \${JSON.stringify(folder)} was named to a function, which has no disk that outlives it; name a bucket.\`);
        }`,
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

/**
 * esbuild makes a file of all that the same commands share: some thirty for `run`, and to find and open each takes a command a millisecond
 * and more. Here they become two: what every command reads, and what `run` does beyond that, which most of the others need most of.
 * Resolves with the files, below `to`.
 */
async function mergeCommand(from, to) {
  const { rollup } = await import("rollup");
  const cli = realpathSync(resolve(from, "cli.js"));
  const bundle = await rollup({ input: cli, external: [/^node:/, ...installedByUsers], treeshake: false });
  try {
    const imports = new Map(bundle.cache.modules.map(({ id, dependencies }) => [id, dependencies]));
    const within = (id, known = new Set()) => {
      if (!imports.has(id) || known.has(id)) return known;
      known.add(id);
      for (const imported of imports.get(id)) within(imported, known);
      return known;
    };
    const command = (name) => [...imports.keys()].find((id) => basename(id).startsWith(`${name}-`));
    // What cli.js reads before the compile cache is on: as little as can be.
    const chunks = { start: within(cli), program: within(command("program")), run: within(command("run")) };
    const { output } = await bundle.write({
      dir: to,
      format: "es",
      compact: true,
      hoistTransitiveImports: false,
      chunkFileNames: "cli/[name]-[hash].js",
      manualChunks: (id) => (id === cli ? undefined : Object.keys(chunks).find((name) => chunks[name].has(id))),
    });
    return output.map(({ fileName }) => fileName);
  } finally {
    await bundle.close();
  }
}

// Built aside and moved into place whole: who runs the former build meanwhile never finds half of the new one.
const aside = `${outdir}.${process.pid}`;
try {
  // The library: our own code in one file an entry, dependencies from node_modules.
  const packaged = await esbuild.build({
    ...shared,
    plugins: [pageTexts],
    entryPoints: { index: "src/index.ts", queue: "src/queue.ts" },
    format: "esm",
    packages: "external",
    outdir: aside,
  });
  // The command line: a command reads what it needs, from few files. To find and read hundreds in node_modules takes longer than most
  // commands take to run.
  const split = `${aside}/split`;
  const commands = await esbuild.build({
    ...shared,
    entryPoints: { cli: "src/cli.ts" },
    format: "esm",
    splitting: true,
    chunkNames: "cli/[name]-[hash]",
    outdir: split,
    external: installedByUsers,
    plugins: [undiciClient, pageTexts],
    // Names stay as they are, as stack traces tell them: esbuild's keepNames would give each function its name anew wherever one is made, some
    // twenty times an object.
    minifySyntax: true,
    minifyWhitespace: true,
    // What is CommonJS asks for Node's own modules by it.
    banner: { js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);' },
  });
  const command = await mergeCommand(split, aside);
  rmSync(split, { recursive: true });
  // The functions: everything in one CommonJS file, for platforms that install nothing.
  const bundled = await esbuild.build({
    ...shared,
    entryPoints: { lambda: "src/lambda.ts", "scf/index": "src/scf.ts" },
    format: "cjs",
    outdir: aside,
    outExtension: { ".js": ".cjs" },
    plugins: [undiciClient, neverUsed, pageTexts],
    minify: true,
    charset: "utf8",
  });
  // SCF loads index.js: say that this folder is CommonJS, whatever lies above it.
  renameSync(`${aside}/scf/index.cjs`, `${aside}/scf/index.js`);
  writeFileSync(`${aside}/scf/package.json`, '{"type":"commonjs"}\n');
  chmodSync(`${aside}/cli.js`, 0o755);
  const notices = thirdPartyNotices([commands.metafile, bundled.metafile]);
  for (const folder of [aside, `${aside}/scf`]) writeFileSync(join(folder, noticesFile), notices);
  if (options.sizes) {
    const built = [packaged, bundled].flatMap(({ metafile }) => Object.keys(metafile.outputs));
    const inside = built.map((output) => resolve(output).slice(aside.length + 1));
    for (const file of [...inside.map((each) => each.replace("scf/index.cjs", "scf/index.js")), ...command]) {
      console.log(`${options.outdir}/${file}  ${(statSync(`${aside}/${file}`).size / 1024).toFixed(0)} KiB`);
    }
  }
  rmSync(outdir, { recursive: true, force: true });
  renameSync(aside, outdir);
  if (outdir === resolve("dist")) linkCommand();
} finally {
  rmSync(aside, { recursive: true, force: true });
}
