/** Tests for every save start no process: what does is named *.slow.test.ts, and told so here where it is not. */
import childProcess from "node:child_process";
import { syncBuiltinESMExports } from "node:module";

function refuse(): never {
  throw new Error("A quick test started a process; a file that does is named *.slow.test.ts (CONTRIBUTING.md, Tests).");
}

Object.assign(childProcess.ChildProcess.prototype, { spawn: refuse });
Object.assign(childProcess, { spawnSync: refuse, execSync: refuse, execFileSync: refuse });
syncBuiltinESMExports();
