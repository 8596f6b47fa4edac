// Declares in types/ (or `--outdir DIR`) what every entry of package.json's exports holds: index.d.ts and queue.d.ts, with
// shared.d.ts for what both name, so that a class is the same one in both; lambda.d.cts and scf.d.cts by themselves.
// tsc declares each source file, rollup makes one file an entry of them.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { rollup } from "rollup";
import { dts } from "rollup-plugin-dts";

const { values: options } = parseArgs({ options: { outdir: { type: "string", default: "types" } } });
const outdir = resolve(options.outdir);
process.chdir(fileURLToPath(new URL("..", import.meta.url)));

/** A comment that opens a file and is followed by imports or by another comment is about the file. */
const aboutTheFile = /^\/\*\*(?:(?!\*\/).)*\*\/\n+(?=import |export (?:type )?[{*]|\/\*\*)/s;

/** Without the comments about files: in one file of many they would stand above whatever came first in theirs. */
function dropFileComments(folder) {
  for (const path of readdirSync(folder, { recursive: true, encoding: "utf8" })) {
    if (!path.endsWith(".d.ts")) continue;
    const comment = aboutTheFile
      .exec(readFileSync(join("src", path.replace(/\.d\.ts$/, ".ts")), "utf8"))?.[0]
      .trimEnd();
    const declared = readFileSync(join(folder, path), "utf8");
    if (comment !== undefined && declared.startsWith(comment)) {
      writeFileSync(join(folder, path), declared.slice(comment.length).trimStart());
    }
  }
}

/** Fails for what rollup would only warn of, like a type that users could not name. */
async function bundle(input, output) {
  const onLog = (level, log) => {
    if (level === "warn") throw new Error(`the declarations can't be bundled: ${log.message}`);
  };
  const bundled = await rollup({
    input,
    external: /^[^./]/,
    plugins: [dts({ compilerOptions: { noLib: true, types: [] } })],
    onLog,
  });
  await bundled.write({ format: "es", minifyInternalExports: false, ...output });
  await bundled.close();
}

const declared = mkdtempSync(join(tmpdir(), "originals-types-"));
// Made aside and moved into place whole: who compiles against the former ones never finds half of the new ones.
const aside = `${outdir}.${process.pid}`;
try {
  const tsc = ["node_modules/typescript/bin/tsc", "-p", "tsconfig.types.json", "--outDir", declared];
  const { status } = spawnSync(process.execPath, tsc, { stdio: "inherit" });
  if (status !== 0) throw new Error(`tsc ended with ${status}; its messages are above`);
  dropFileComments(declared);
  await bundle(
    { index: join(declared, "index.d.ts"), queue: join(declared, "queue.d.ts") },
    {
      dir: aside,
      entryFileNames: "[name].d.ts",
      chunkFileNames: "shared.d.ts",
      // Buffer: compilers include no package's global types by themselves.
      banner: '/// <reference types="node" />',
    },
  );
  for (const name of ["lambda", "scf"]) {
    await bundle(join(declared, `${name}.d.ts`), { file: join(aside, `${name}.d.cts`) });
  }
  rmSync(outdir, { recursive: true, force: true });
  renameSync(aside, outdir);
} finally {
  rmSync(aside, { recursive: true, force: true });
  rmSync(declared, { recursive: true, force: true });
}
