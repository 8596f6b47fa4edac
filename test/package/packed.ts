/** The package as `npm publish` would send it, made of a copy of the checkout so that its own dist/ stays as it is, and projects that use it. */
import { execFile } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { cp, mkdir, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { madeOnce } from "../setup/made-once.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const modules = join(root, "node_modules");
/** What package.json says is in the tarball, but for what is built, and what npm puts into any. */
const { files } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { readonly files: readonly string[] };
const shipped = [
  "package.json",
  "README.md",
  "LICENSE",
  ...files.filter((path) => existsSync(join(root, path))),
].filter((path) => !["dist", "types"].includes(path));
const madeOf = ["scripts", "src", "tsconfig.json", "tsconfig.types.json"];

export interface Packed {
  readonly tarball: string;
  /** Where it is unpacked, and projects that use it lie. */
  readonly folder: string;
}

export interface Ended {
  readonly code: number;
  readonly stdout: string;
  /** Both of them. */
  readonly output: string;
}

/** Resolves with whatever it ended with. Nothing of what it runs may ask a registry. */
export function runIn(
  folder: string,
  command: string,
  args: readonly string[],
  more: Readonly<Record<string, string>> = {},
): Promise<Ended> {
  const env = {
    ...process.env,
    ...more,
    npm_config_offline: "true",
    npm_config_update_notifier: "false",
    NO_COLOR: "1",
  };
  return new Promise((resolve, reject) => {
    execFile(command, args, { cwd: folder, env, maxBuffer: 64 * 1024 * 1024 }, (error, stdout, stderr) => {
      if (error !== null && typeof error.code !== "number") return reject(error);
      resolve({ code: Number(error?.code ?? 0), stdout, output: stdout + stderr });
    });
  });
}

/** Its standard output. Rejects where the exit code is another than 0, with all that it printed. */
export async function succeed(folder: string, command: string, args: readonly string[]): Promise<string> {
  const { code, stdout, output } = await runIn(folder, command, args);
  if (code !== 0) throw new Error(`${command} ${args.join(" ")} ended with ${code}:\n${output}`);
  return stdout;
}

/** A command of a development dependency, by its file in node_modules. */
export const toolOf = (path: string): readonly [string, string] => [process.execPath, join(modules, path)];
export const tsc = toolOf("typescript/bin/tsc");

async function linkModules(names: readonly string[], into: string): Promise<void> {
  for (const name of names) {
    await mkdir(dirname(join(into, name)), { recursive: true });
    await symlink(join(modules, name), join(into, name), "junction");
  }
}

/** Packed once for all tests of a run. */
export async function pack(): Promise<Packed> {
  const folder = await madeOnce("packed", packInto);
  const [name] = (await readdir(folder)).filter((file) => file.startsWith("cos-originals-") && file.endsWith(".tgz"));
  if (name === undefined) throw new Error("npm pack made no tarball");
  return { tarball: join(folder, name), folder: join(folder, "package") };
}

async function packInto(folder: string): Promise<void> {
  const checkout = join(folder, "checkout");
  await mkdir(checkout);
  for (const path of [...shipped, ...madeOf]) await cp(join(root, path), join(checkout, path), { recursive: true });
  // Linked one by one, without .bin: the build leaves a link to the command there.
  const names = (await readdir(modules)).filter((name) => !name.startsWith("."));
  await linkModules(names, join(checkout, "node_modules"));
  await succeed(checkout, "npm", ["pack", "--silent", "--pack-destination", folder]);
  const [name = ""] = (await readdir(folder)).filter((file) => file.endsWith(".tgz"));
  await rm(checkout, { recursive: true });
  await succeed(folder, "tar", ["-xzf", name]);
}

/**
 * A project with the package installed, and beside it nothing but what its package.json makes npm install, and @types/node.
 * Linked instead of installed: a test asks no registry.
 */
export async function projectWith(
  { folder }: Packed,
  name: string,
  files: Readonly<Record<string, string>>,
): Promise<string> {
  const project = join(dirname(folder), name);
  const { dependencies } = JSON.parse(await readFile(join(folder, "package.json"), "utf8"));
  await linkModules([...Object.keys(dependencies), "@types/node"], join(project, "node_modules"));
  await cp(folder, join(project, "node_modules/cos-originals"), { recursive: true });
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(project, path)), { recursive: true });
    await writeFile(join(project, path), text);
  }
  return project;
}
