/**
 * Node from 22.8 on keeps what it compiled of our files (module.enableCompileCache), so that the next command starts sooner. Where it can't,
 * nothing is kept. NODE_DISABLE_COMPILE_CACHE=1 turns it off, NODE_COMPILE_CACHE says where.
 */
import * as module from "node:module";

export function enableCompileCache(): void {
  if ("enableCompileCache" in module && typeof module.enableCompileCache === "function") module.enableCompileCache();
}
