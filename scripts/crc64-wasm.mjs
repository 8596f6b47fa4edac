// Builds src/cos/crc64.wat into src/cos/crc64-wasm.ts, which is committed: bundles read no file, and nobody who installs
// or builds this needs the assembler. A test builds it anew and compares.
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import assembler from "wabt";

const source = new URL("../src/cos/crc64.wat", import.meta.url);
export const built = new URL("../src/cos/crc64-wasm.ts", import.meta.url);

/** The text of crc64-wasm.ts. */
export async function build() {
  const { parseWat } = await assembler();
  const module = parseWat("crc64.wat", readFileSync(source, "utf8"), { simd: true, bulk_memory: true });
  try {
    module.validate();
    const base64 = Buffer.from(module.toBinary({}).buffer).toString("base64");
    return `/** crc64.wat, assembled by "npm run crc64" and in base64. */\nexport const CRC64_WASM =\n  "${base64}";\n`;
  } finally {
    module.destroy();
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(built, await build());
