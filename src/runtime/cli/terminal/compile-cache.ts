/**
 * Node from 22.8 on keeps what it compiled of our files (module.enableCompileCache), so that the next command starts sooner; below the folder
 * for temporary files, which Node would make where it is missing, and is left alone then. NODE_DISABLE_COMPILE_CACHE=1 turns it off,
 * NODE_COMPILE_CACHE says where.
 */
import { existsSync } from "node:fs";
import * as module from "node:module";
import { tmpdir } from "node:os";

export function enableCompileCache(): void {
  if (!existsSync(tmpdir())) return;
  if ("enableCompileCache" in module && typeof module.enableCompileCache === "function") module.enableCompileCache();
}
