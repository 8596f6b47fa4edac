// Builds src/'s WebAssembly into modules of its own, which are committed: bundles read no file, and nobody who
// installs or builds this needs the assembler. A test builds each anew and compares.
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import assembler from "wabt";
import { signingWat } from "./signing-wat.mjs";

const inSrc = (name) => new URL(`../src/${name}`, import.meta.url);

export const modules = {
  crc64: {
    built: inSrc("checksum/crc64-wasm.ts"),
    from: "crc64.wat",
    constant: "CRC64_WASM",
    text: () => readFileSync(inSrc("checksum/crc64.wat"), "utf8"),
  },
  signing: {
    built: inSrc("cos/signing/signing-wasm.ts"),
    from: "scripts/signing-wat.mjs",
    constant: "SIGNING_WASM",
    text: signingWat,
  },
};

/** What stands in a module's `built`. */
export async function build({ from, constant, text }) {
  const { parseWat } = await assembler();
  const module = parseWat(from, text(), { simd: true, bulk_memory: true });
  try {
    module.validate();
    const base64 = Buffer.from(module.toBinary({}).buffer).toString("base64");
    return `/** ${from}, assembled by "npm run wasm" and in base64. */\nexport const ${constant} =\n  "${base64}";\n`;
  } finally {
    module.destroy();
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const module of Object.values(modules)) writeFileSync(module.built, await build(module));
}
