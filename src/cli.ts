#!/usr/bin/env node
import { enableCompileCache } from "./runtime/cli/terminal/compile-cache.ts";

enableCompileCache();
// Read only now, so that it is read from the cache.
const { runProgram } = await import("./runtime/cli/program.ts");

// What is still open (idle connections, a spooled input) needs nothing more: everything that matters is flushed.
process.exit(await runProgram(process.argv.slice(2)));
