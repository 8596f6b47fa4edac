/** What users install: the tarball's contents, and what two linters say of its exports. */
import { existsSync } from "node:fs";
import { cp, readFile, rename } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { root } from "../papers/papers.ts";
import { type Packed, pack, runIn, succeed, toolOf } from "./packed.ts";

const publint = toolOf("publint/src/cli.js");
const attw = toolOf("@arethetypeswrong/cli/dist/index.js");

let packed: Packed;
beforeAll(async () => {
  packed = await pack();
});

const manifest = async (): Promise<{
  exports: Record<string, string | Record<string, string>>;
  dependencies: Record<string, string>;
}> => JSON.parse(await readFile(join(packed.folder, "package.json"), "utf8"));

/** Packages that a declaration imports, its examples aside. */
const importedBy = (declaration: string) => [
  ...new Set(
    [...declaration.replace(/\/\*\*.*?\*\//gs, "").matchAll(/(?:from|import\()\s*["']([^."'][^"']*)["']/g)].map(
      ([, name = ""]) => name,
    ),
  ),
];

describe("the tarball", () => {
  test("holds every file that exports and bin name, a declaration beside each entry", async () => {
    const { exports } = await manifest();
    const entries = Object.entries(exports).filter(([name]) => name !== "./package.json");
    expect(entries.map(([name]) => name)).toEqual([".", "./queue", "./lambda", "./scf"]);
    for (const [name, conditions] of entries) {
      expect(Object.keys(conditions), name).toEqual(["types", "default"]);
      for (const path of Object.values(conditions))
        expect(await readFile(join(packed.folder, path), "utf8")).toBeTruthy();
    }
    expect(await readFile(join(packed.folder, "dist/cli.js"), "utf8")).toMatch(/^#!/);
    // What the first line of a config that init writes leads to.
    expect(JSON.parse(await readFile(join(packed.folder, "docs/config.schema.json"), "utf8"))).toHaveProperty(
      "properties.source",
    );
  });

  test("holds what its README leads to, in either language", async () => {
    for (const readme of ["README.md", "README.zh.md"]) {
      const links = [...(await readFile(join(packed.folder, readme), "utf8")).matchAll(/\]\(([^)\s#]+)[^)]*\)/g)];
      const missing = links.map(([, to = ""]) => to).filter((to) => !existsSync(join(packed.folder, to)));
      expect(links.length).toBeGreaterThan(20);
      expect(missing.filter((to) => !/^https?:/.test(to))).toEqual([]);
    }
  });

  // `prepare` too: of a tarball or a checkout npm counts it. `dependencies`, by which a checkout is built, runs in a root alone.
  test("runs nothing when it is installed, which npm would warn of", async () => {
    const { scripts } = JSON.parse(await readFile(join(packed.folder, "package.json"), "utf8"));
    expect(Object.keys(scripts).filter((name) => /^((pre|post)?install|(pre|post)?prepare)$/.test(name))).toEqual([]);
    expect(existsSync(join(packed.folder, "binding.gyp"))).toBe(false);
  });

  test("carries the notices of all that its bundles hold", async () => {
    const notices = await readFile(join(packed.folder, "dist/THIRD-PARTY-LICENSES.txt"), "utf8");
    // What is a dependency is in a bundle, and what that needs.
    for (const name of [...Object.keys((await manifest()).dependencies), "yocto-queue"]) {
      expect(notices).toMatch(new RegExp(`^${name} \\d.*\\n\\n(?!\\(The package holds no)`, "m"));
    }
    expect(notices).not.toMatch(/^(fauxqs|esbuild|typescript) /m);
    expect(await readFile(join(packed.folder, "dist/scf/THIRD-PARTY-LICENSES.txt"), "utf8")).toBe(notices);
  });

  test("declares by nothing but itself, its dependencies and Node's types", async () => {
    const { dependencies } = await manifest();
    for (const file of ["index.d.ts", "queue.d.ts", "shared.d.ts", "lambda.d.cts", "scf.d.cts"]) {
      const declaration = await readFile(join(packed.folder, "types", file), "utf8");
      expect(importedBy(declaration).filter((name) => !(name in dependencies) && !name.startsWith("node:"))).toEqual(
        [],
      );
    }
  });
});

test("an install without development tools says at once that dist/ is missing, and leaves one that is there", async () => {
  const clone = `${packed.folder}-clone`;
  await cp(join(root, "scripts"), join(clone, "scripts"), { recursive: true });
  await cp(join(root, "package.json"), join(clone, "package.json"));
  const prepare = ["scripts/build.mjs", "--if-possible"];
  const missing = await runIn(clone, process.execPath, prepare);
  expect(missing).toMatchObject({ code: 1, output: expect.stringContaining("cos-originals: dist/ is missing") });
  await cp(join(packed.folder, "dist"), join(clone, "dist"), { recursive: true });
  expect(await runIn(clone, process.execPath, prepare)).toEqual({ code: 0, stdout: "", output: "" });
});

describe("publint", () => {
  const lint = (tarball: string) => runIn(packed.folder, publint[0], [publint[1], "run", tarball, "--strict"]);

  test("finds nothing", async () => {
    const { code, output } = await lint(packed.tarball);
    expect(output).toContain("All good!");
    expect(code).toBe(0);
  });

  test("finds a declaration that is not there", async () => {
    const { code, output } = await lint(await spoiltTarball());
    expect(output).toContain("types/queue.d.ts");
    expect(code).toBe(1);
  });
});

describe("are the types wrong", () => {
  const check = (tarball: string, ...more: readonly string[]) =>
    runIn(packed.folder, attw[0], [attw[1], tarball, "--no-emoji", ...more]);

  test("not those of the library and the queue shim, which are ES modules and nothing else", async () => {
    // esm-only: a require of them is an error by design, so how it would resolve says nothing. (node10 knows no exports at all.)
    const { code, output } = await check(packed.tarball, "--profile", "esm-only", "--entrypoints", ".", "./queue");
    expect({ code, output }).toMatchObject({ code: 0 });
    expect(output).toContain('"cos-originals/queue"');
  });

  test("not those of the functions, which are CommonJS and can be imported too", async () => {
    const { code, output } = await check(packed.tarball, "--profile", "node16", "--entrypoints", "./lambda", "./scf");
    expect({ code, output }).toMatchObject({ code: 0 });
    expect(output).toContain('"cos-originals/scf"');
  });

  test("told where one is missing", async () => {
    const { code, output } = await check(await spoiltTarball(), "--profile", "esm-only", "--entrypoints", "./queue");
    expect(output).toContain("types");
    expect(code).toBe(1);
  });
});

/** The same without the declarations of the queue shim: what lints it must be able to complain. */
async function spoiltTarball(): Promise<string> {
  const folder = `${packed.folder}-spoilt`;
  const tarball = `${folder}.tgz`;
  await cp(packed.folder, join(folder, "package"), { recursive: true });
  await rename(join(folder, "package/types/queue.d.ts"), join(folder, "package/types/queues.d.ts"));
  await succeed(folder, "tar", ["-czf", tarball, "package"]);
  return tarball;
}
