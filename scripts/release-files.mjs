// What a release brings beside the npm package, into release/ (or `--outdir DIR`): the functions of Lambda and SCF as zips to upload, the software
// bill of materials of what is bundled, the package itself, and the SHA-256 of each. `npm run build` first. The functions' zips are the same
// bytes from the same sources, so that anybody can make them again and compare.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { noticesFile } from "./third-party.mjs";
import { zip } from "./zip.mjs";

const { values: options } = parseArgs({ options: { outdir: { type: "string", default: "release" } } });
const outdir = resolve(options.outdir);
process.chdir(fileURLToPath(new URL("..", import.meta.url)));
const { name, version } = JSON.parse(readFileSync("package.json", "utf8"));
rmSync(outdir, { recursive: true, force: true });
mkdirSync(outdir, { recursive: true });
const write = (file, bytes) => writeFileSync(join(outdir, file), bytes);
const npm = (...args) => execFileSync("npm", args, { encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] });

/**
 * What is installed with the package and bundled into it, as npm tells it. Not by its own --omit=dev, which also leaves out what a development
 * tool happens to need as well (undici, yaml); and named by package.json, where npm takes the folder's name.
 */
function bill() {
  const all = JSON.parse(npm("sbom", "--sbom-format", "cyclonedx", "--package-lock-only"));
  const isShipped = ({ properties }) => !properties.some((each) => each.name === "cdx:npm:package:development");
  const components = all.components.filter(isShipped);
  const kept = new Set([all.metadata.component["bom-ref"], ...components.map((each) => each["bom-ref"])]);
  const dependencies = all.dependencies
    .filter(({ ref }) => kept.has(ref))
    .map(({ ref, dependsOn }) => ({ ref, dependsOn: dependsOn.filter((each) => kept.has(each)) }));
  const metadata = { ...all.metadata, component: { ...all.metadata.component, name } };
  return { ...all, metadata, components, dependencies };
}

const files = (folder, names) => names.map((file) => ({ name: file, bytes: readFileSync(join(folder, file)) }));
// By the handlers that the papers name: lambda.handler, index.main_handler.
write(`${name}-${version}-lambda.zip`, zip(files("dist", ["lambda.cjs", noticesFile])));
write(`${name}-${version}-scf.zip`, zip(files("dist/scf", readdirSync("dist/scf"))));
write(`${name}-${version}-sbom.cdx.json`, `${JSON.stringify(bill(), null, 2)}\n`);
npm("pack", "--silent", "--pack-destination", outdir);

const sums = readdirSync(outdir)
  .sort()
  .map(
    (file) =>
      `${createHash("sha256")
        .update(readFileSync(join(outdir, file)))
        .digest("hex")}  ${file}\n`,
  )
  .join("");
write("SHA256SUMS", sums);
process.stdout.write(sums);
