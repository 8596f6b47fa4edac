// What `npm start` and `npm test` do first: install what is missing, and build. `--no-build`: only install.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, statSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
process.chdir(root);

const [major, minor] = process.versions.node.split(".").map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(
    `cos-originals is developed on Node 20.19 or later; this is ${process.version}. Install a newer Node and try again.`,
  );
  process.exit(1);
}

function run(command, args) {
  const { status, error } = spawnSync(command, args, {
    stdio: ["ignore", "inherit", "inherit"],
    shell: process.platform === "win32",
  });
  if (error || status !== 0) {
    console.error(
      `Setting up failed: \`${command} ${args.join(" ")}\` ended with ${error ? error.message : `exit code ${status}`}.`,
    );
    process.exit(status || 1);
  }
}

/** npm writes node_modules/.package-lock.json at the end of an install: older than package-lock.json means out of date. */
function installed() {
  const marker = "node_modules/.package-lock.json";
  if (!existsSync(marker)) return false;
  if (statSync(marker).mtimeMs >= statSync("package-lock.json").mtimeMs) return true;
  // A checkout touches package-lock.json without changing it: compare what is installed with what is asked.
  const have = JSON.parse(readFileSync(marker, "utf8")).packages ?? {};
  const want = JSON.parse(readFileSync("package-lock.json", "utf8")).packages ?? {};
  return Object.entries(want).every(([path, p]) => path === "" || p.optional || have[path]?.version === p.version);
}

// Not `npm ci`: it refuses a lock file that was written where the registry lacks another platform's optional packages.
if (!installed()) run("npm", ["install", "--no-save", "--no-audit", "--no-fund", "--loglevel=error"]);
if (!process.argv.includes("--no-build")) run(process.execPath, ["scripts/build.mjs"]);
