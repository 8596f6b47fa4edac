// Accepts the public API as it is now: writes docs/cos-originals.api.md, of declarations made for it.
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { apiReport } from "./api-report.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "originals-api-"));
try {
  const types = join(folder, "types");
  const { status } = spawnSync(process.execPath, [join(root, "scripts/types.mjs"), "--outdir", types], {
    stdio: "inherit",
  });
  if (status !== 0) process.exit(status ?? 1);
  writeFileSync(join(root, "docs/cos-originals.api.md"), apiReport(types).text);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
