/** A folder of a test's own, with files in it. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

export function tempFolder() {
  const folder = mkdtempSync(join(tmpdir(), "credentials-"));
  return {
    folder,
    path: (name: string) => join(folder, name),
    write(name: string, content: string | object) {
      const path = join(folder, name);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, typeof content === "string" ? content : JSON.stringify(content));
      return path;
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
