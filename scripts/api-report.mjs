// The public API as text: what the declarations of types/ say without their comments, sorted by name, so that it changes only
// when what users can compile against changes. Made by API Extractor.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { Extractor, ExtractorConfig } from "@microsoft/api-extractor";

const root = fileURLToPath(new URL("..", import.meta.url));
const entries = { index: "./index.js", queue: "./queue.js", lambda: "./lambda.cjs", scf: "./scf.cjs" };
const title = `# The public API of cos-originals

Written by \`npm run api\`, never by hand. A change of it fails the tests until that is run and the difference committed.
\`index\` is the entry \`cos-originals\`; the others are \`cos-originals/queue\`, \`/lambda\` and \`/scf\`. What no entry exports is here
because something that is exported names it.
`;

/**
 * Of the declarations in a folder, as scripts/types.mjs makes them: the report, and the names of what has no comment. Throws where they
 * do not compile.
 */
export function apiReport(types) {
  const folder = mkdtempSync(join(tmpdir(), "originals-api-"));
  const names = Object.keys(entries);
  // API Extractor reads one entry: this one holds the others by name.
  const all = join(resolve(types), "api.d.ts");
  const imports = names.map((name) => `import * as ${name} from "${entries[name]}";`);
  writeFileSync(all, [...imports, `export { ${names.join(", ")} };`, ""].join("\n"));
  try {
    mkdirSync(join(folder, "report"));
    const faults = [];
    const config = ExtractorConfig.prepare({
      configObjectFullPath: undefined,
      packageJson: { name: "cos-originals", version: "0.0.0" },
      packageJsonFullPath: join(root, "package.json"),
      configObject: {
        projectFolder: resolve(types),
        mainEntryPointFilePath: all,
        newlineKind: "lf",
        compiler: { overrideTsconfig: compilerSettings },
        apiReport: {
          enabled: true,
          reportFileName: "api",
          reportFolder: join(folder, "report"),
          reportTempFolder: join(folder, "aside"),
          includeForgottenExports: true,
        },
        docModel: { enabled: false },
        dtsRollup: { enabled: false },
        tsdocMetadata: { enabled: false },
        messages: {
          compilerMessageReporting: { default: { logLevel: "error" } },
          extractorMessageReporting: { default: { logLevel: "none" } },
          tsdocMessageReporting: { default: { logLevel: "none" } },
        },
      },
    });
    Extractor.invoke(config, {
      localBuild: true,
      messageCallback(message) {
        message.handled = true;
        if (message.logLevel === "error") faults.push(message.text);
      },
    });
    if (faults.length > 0) throw new Error(`the declarations in ${types} can't be read: ${faults.join("; ")}`);
    const report = readFileSync(join(folder, "report/api.api.md"), "utf8");
    return { text: title + plain(report), undocumented: undocumentedIn(report) };
  } finally {
    rmSync(all, { force: true });
    rmSync(folder, { recursive: true, force: true });
  }
}

const compilerSettings = {
  compilerOptions: {
    target: "es2023",
    lib: ["es2023"],
    module: "nodenext",
    moduleResolution: "nodenext",
    strict: true,
    skipLibCheck: true,
    types: ["node"],
    typeRoots: [join(root, "node_modules/@types")],
  },
};

/** A name may be declared twice, as a value and as its type: one comment is enough. */
function undocumentedIn(report) {
  const names = (pattern) => [...report.matchAll(pattern)].map(([, name]) => name);
  const documented = new Set(names(new RegExp(`^// @public\\n${declares}`, "gm")));
  return names(new RegExp(`^// @public \\(undocumented\\)\\n${declares}`, "gm")).filter(
    (name) => !documented.has(name),
  );
}
const declares = "(?:export )?(?:abstract )?(?:class|const|function|interface|type) (\\w+)";

/** Without what says nothing here (all is public), and with each entry's names in order. */
function plain(report) {
  return report
    .slice(report.indexOf("\n```ts"))
    .replace(/^ *\/\/ (?:@public|\(undocumented\)|@public \(undocumented\))\n/gm, "")
    .replace(/(?<=^ {4}export \{\n)(?: {8}.*\n)+/gm, (names) => `${sorted(names).join(",\n")}\n`);
}

const sorted = (names) => names.trimEnd().split(/,?\n/).sort();
