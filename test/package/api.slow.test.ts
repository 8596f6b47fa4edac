/** The public API is a file under review: what changes it fails here until `npm run api` accepts it and the difference is committed. */
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { apiReport } from "../../scripts/api-report.mjs";
import { pack } from "./packed.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));

let folder = "";
/** The declarations that are shipped. */
let types = "";
let report = "";
let undocumented: readonly string[] = [];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "originals-api-"));
  types = join((await pack()).folder, "types");
  ({ text: report, undocumented } = apiReport(types));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** The report of the same declarations with the first of each of these texts replaced. */
async function reportWith(changes: readonly (readonly [file: string, from: string, to: string])[]): Promise<string> {
  const changed = join(folder, "changed");
  await cp(types, changed, { recursive: true });
  for (const [file, from, to] of changes) {
    const before = await readFile(join(changed, file), "utf8");
    expect(before, file).toContain(from);
    await writeFile(join(changed, file), before.replace(from, to));
  }
  return apiReport(changed).text;
}

/** Lines of one that are not in the other. */
function linesOnlyIn(one: string, other: string): string[] {
  const known = new Set(other.split("\n"));
  return one
    .split("\n")
    .filter((line) => !known.has(line))
    .map((line) => line.trim());
}

describe("the public API", () => {
  test("is the accepted one; where the change is meant, `npm run api` accepts it", async () => {
    expect(report).toBe(await readFile(join(root, "docs/cos-originals.api.md"), "utf8"));
  });

  test("has a comment on everything that is exported", () => {
    const exported = [...report.matchAll(/^declare namespace \w+ \{\n {4}export \{\n((?: {8}.*\n)*)/gm)]
      .flatMap(([, names = ""]) => names.split("\n"))
      .map((line) => line.trim().replace(/ as .*|,/, ""));
    expect(exported.length).toBeGreaterThan(100);
    expect(undocumented.filter((name) => exported.includes(name))).toEqual([]);
  });

  test("tells a parameter, a member, a result, a name no longer exported, and a type that only others name", async () => {
    const changed = await reportWith([
      ["shared.d.ts", "now(): number;", "now(): bigint;"],
      ["index.d.ts", "readonly dataDir: string;", "readonly dataDir?: string;"],
      ["index.d.ts", "maxAttempts: z.ZodDefault<z.ZodInt>;", "maxTries: z.ZodDefault<z.ZodInt>;"],
      ["lambda.d.cts", "declare const handler: (event: unknown, ", "declare const handler: (event: object, "],
      [
        "scf.d.cts",
        "readonly time_limit_in_ms: number;",
        "readonly time_limit_in_ms: number;\n    readonly memory: number;",
      ],
      ["queue.d.ts", "export { AbortError, ", "export { "],
    ]);
    expect(linesOnlyIn(changed, report)).toEqual([
      "now(): bigint;",
      "readonly dataDir?: string;",
      expect.stringMatching(/^const handler: \(event: object, /),
      expect.stringMatching(/^maxTries: z\w*\.ZodDefault</),
      "readonly memory: number;",
    ]);
    expect(linesOnlyIn(report, changed)).toEqual(
      expect.arrayContaining(["now(): number;", "class AbortError extends Error {"]),
    );
  });

  test("is the same where only the words of a comment change", async () => {
    const comment =
      "/** Milliseconds since the Unix epoch: what time it is. It may be set, back too, at any moment. */";
    expect(await reportWith([["shared.d.ts", comment, "/** In other words. */"]])).toBe(report);
  });
});
