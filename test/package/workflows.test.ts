/** The workflows of .github: what they run is here to be run, and they may do no more than they need. */
import { existsSync, readdirSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import * as z from "zod";
import { read, root } from "../papers/papers.ts";

const permissions = z.record(z.string(), z.enum(["read", "write"]));
const step = z.strictObject({
  name: z.string().optional(),
  uses: z.string().optional(),
  run: z.string().optional(),
  with: z.record(z.string(), z.unknown()).optional(),
  env: z.record(z.string(), z.string()).optional(),
});
const workflow = z.strictObject({
  name: z.string(),
  on: z.record(z.string(), z.unknown()),
  permissions,
  concurrency: z.unknown().optional(),
  jobs: z.record(
    z.string(),
    z.strictObject({
      "runs-on": z.literal("ubuntu-latest"),
      container: z.string().optional(),
      environment: z.string().optional(),
      needs: z.string().optional(),
      "timeout-minutes": z.number(),
      permissions: permissions.optional(),
      steps: z.array(step),
    }),
  ),
});

const folder = ".github/workflows";
const workflows = readdirSync(resolve(root, folder)).map((file) => ({
  file,
  text: read(`${folder}/${file}`),
  ...workflow.parse(parse(read(`${folder}/${file}`))),
}));
const scripts: Readonly<Record<string, string>> = JSON.parse(read("package.json")).scripts;
const npmOwn = ["ci", "pkg", "config", "publish"];

/** What is wrong with a line of a `run`; undefined where nothing can be said against it. */
function fault(line: string): string | undefined {
  const [program = "", word = "", name = ""] = line.trim().split(" ");
  if (program === "npm" && word === "run") return scripts[name] === undefined ? `no script ${name}` : undefined;
  if (program === "npm") return npmOwn.includes(word) ? undefined : `npm ${word}`;
  if (program === "bash") return existsSync(resolve(root, word)) ? undefined : `no file ${word}`;
  if (["test", "gh"].includes(program) || /^\w+=/.test(program)) return undefined;
  return `unknown command ${program}`;
}

describe.each(workflows)("$file", ({ text, permissions: whole, jobs }) => {
  test("runs what is here, in steps that either run or use something", () => {
    for (const { steps } of Object.values(jobs)) {
      for (const { run, uses } of steps) {
        expect([run, uses].filter(Boolean)).toHaveLength(1);
        expect((run ?? "").trim().split("\n").filter(Boolean).map(fault).filter(Boolean)).toEqual([]);
        // By a major version, or a commit.
        if (uses !== undefined) expect(uses).toMatch(/^actions\/[a-z-]+@(v\d+|[0-9a-f]{40})$/);
      }
    }
  });

  test("may write only where it publishes", () => {
    expect(Object.values(whole)).not.toContain("write");
    const writing = Object.entries(jobs).flatMap(([name, { permissions = {} }]) =>
      Object.entries(permissions).flatMap(([what, may]) => (may === "write" ? [`${name} ${what}`] : [])),
    );
    expect(writing).toEqual(jobs.release === undefined ? [] : ["release contents", "release id-token"]);
  });

  test("puts nothing that others can write into a shell", () => {
    const inShell = Object.values(jobs).flatMap(({ steps }) => steps.filter(({ run }) => run?.includes("${{")));
    expect(inShell).toEqual([]);
    expect(text).not.toMatch(/pull_request_target/);
  });
});

test("what continuous integration does is .ci/run, and a release is tested by it before anything is published", () => {
  const jobs = Object.fromEntries(workflows.map((each) => [each.file, each.jobs]));
  const tests = (job: z.infer<typeof workflow>["jobs"][string] | undefined) =>
    job?.steps.some(({ run }) => run === "bash .ci/run");
  expect(tests(jobs["ci.yml"]?.test)).toBe(true);
  expect(tests(jobs["release.yml"]?.test)).toBe(true);
  expect(jobs["release.yml"]?.release?.needs).toBe("test");
  expect(JSON.stringify(jobs["release.yml"]?.release)).toContain("npm publish --provenance");
});

test("a step that can't be run is found", () => {
  expect(fault("npm run no-such-script")).toBe("no script no-such-script");
  expect(fault("bash .ci/none")).toBe("no file .ci/none");
  expect(fault("curl x | sh")).toBe("unknown command curl");
});
