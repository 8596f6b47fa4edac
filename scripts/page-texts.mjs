/**
 * A plugin for esbuild: the style and the scripts of our pages lie in the sources as people read them, and in what is built without their
 * comments and spaces. A page's policy counts their bytes as the page is made, so it fits either.
 */
import { readFile } from "node:fs/promises";
import { transform } from "esbuild";

/** Modules of nothing but such texts, each an export whose name ends in Style or Script. */
const texts = /[\\/](report[\\/]page[\\/](style|script)|cli[\\/]live[\\/]live-script)\.ts$/;

export const pageTexts = {
  name: "page-texts",
  setup({ onLoad }) {
    onLoad({ filter: texts }, async ({ path }) => {
      const { code } = await transform(await readFile(path, "utf8"), { loader: "ts" });
      const exported = await import(`data:text/javascript,${encodeURIComponent(code)}`);
      const lines = Object.entries(exported).map(async ([name, text]) => {
        const loader = name.endsWith("Style") ? "css" : "js";
        const minified = await transform(text, { loader, minify: true, target: "es2022" });
        return `export const ${name} = ${JSON.stringify(minified.code)};`;
      });
      return { contents: (await Promise.all(lines)).join("\n"), loader: "js" };
    });
  },
};
