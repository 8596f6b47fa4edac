#!/usr/bin/env node
import { runProgram } from "./runtime/cli/program.ts";

// What is still open (idle connections, a spooled input) needs nothing more: everything that matters is flushed.
process.exit(await runProgram(process.argv.slice(2)));
