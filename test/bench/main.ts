/** `npm run bench`: each part in turn; the store in one process, what is measured in another. */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { cpus } from "node:os";
import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { quote, UserError } from "../../src/vocabulary/errors.ts";
import { type Flags, readFlags } from "./flags.ts";
import { headlineMarkdown, headlineOf } from "./headline.ts";
import { hasCertificate, issueCertificate } from "./listen.ts";
import type { Bench, Part, PartName, Store } from "./part.ts";
import { createCommandsPart } from "./parts/commands.ts";
import { createCopyPart } from "./parts/copy.ts";
import { createDistancePart } from "./parts/distance.ts";
import { createFunctionsPart } from "./parts/functions.ts";
import { createListPart } from "./parts/list.ts";
import { createPlanPart } from "./parts/plan.ts";
import { createRowsPart } from "./parts/rows.ts";
import { createStartPart } from "./parts/start.ts";
import { createStorePart } from "./parts/store.ts";
import { plotSvg } from "./plot.ts";
import { canPin, start } from "./processes.ts";

const parts: Readonly<Record<PartName, (bench: Bench) => Part>> = {
  copy: createCopyPart,
  store: createStorePart,
  rows: createRowsPart,
  start: createStartPart,
  plan: createPlanPart,
  list: createListPart,
  commands: createCommandsPart,
  functions: createFunctionsPart,
  distance: createDistancePart,
};

async function main(flags: Flags): Promise<number> {
  // scripts/bench.mjs bundles this into node_modules/.cache/ of the checkout.
  const folder = dirname(fileURLToPath(import.meta.url));
  const dist = resolve(folder, "../../../dist");
  const say = (text: string) => (flags.json || flags.markdown ? process.stderr : process.stdout).write(`${text}\n`);
  const note = (text: string) => {
    if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${text}`);
  };
  const machine = {
    node: process.version,
    cpu: cpus()[0]?.model ?? "unknown CPU",
    cores: cpus().length,
    pinned: canPin,
    transport: flags.plain ? ("plain HTTP" as const) : ("TLS" as const),
  };
  say(
    `Node ${machine.node}, ${machine.cpu} × ${machine.cores}; what is measured on core 0, the store on core 1, where it is kept awake; over ${machine.transport}${canPin ? "" : " (not pinned: no taskset, or one core)"}`,
  );
  if (flags.plot !== undefined && !existsSync(dirname(resolve(flags.plot)))) {
    throw new UserError("OutUnwritable", `The folder of --plot ${quote(flags.plot)} does not exist; make it first.`);
  }
  let begun: Promise<Store> | undefined;
  const store = () => {
    begun ??= start(`${folder}/store.js`, 1).then((talking) => ({
      talking,
      ...(talking.greeting as { origin: string }),
    }));
    return begun;
  };
  const bench: Bench = { flags, folder, dist, store, cells: [], say, note };
  const results: Record<string, unknown> = {};
  let right = true;
  try {
    // All of them are made before any is run: what can be refused is refused at once.
    for (const part of flags.parts.map((name) => parts[name](bench))) {
      const result = await part.run();
      note("");
      say(part.text(result));
      results[part.name] = result;
      right &&= part.isRight(result);
    }
  } finally {
    await (await begun)?.talking.end();
  }
  const headline = headlineOf(bench.cells);
  if (flags.plot !== undefined) await writeFile(flags.plot, plotSvg(headline, machine, flags.rounds));
  if (flags.markdown) process.stdout.write(`${headlineMarkdown(headline, machine, flags.rounds)}\n`);
  if (flags.json) {
    // The race's own fields are not nested: they were there before there were other parts.
    const { copy, ...others } = results;
    const document = { ...machine, rounds: flags.rounds, ...(copy as object | undefined), ...others };
    process.stdout.write(`${JSON.stringify(document, null, 2)}\n`);
  }
  return right ? 0 : 1;
}

/** The same in a process that trusts the certificate from its beginning: it plans runs at the store itself. */
function trusting(): number {
  const revoke = issueCertificate();
  try {
    const { status } = spawnSync(process.execPath, [...process.execArgv, ...process.argv.slice(1)], {
      stdio: "inherit",
    });
    return status ?? 1;
  } finally {
    revoke();
  }
}

try {
  const flags = readFlags(process.argv.slice(2));
  process.exitCode = flags.plain || hasCertificate() ? await main(flags) : trusting();
} catch (thrown) {
  if (!(thrown instanceof UserError)) throw thrown;
  process.stderr.write(`${thrown.message}\n`);
  process.exitCode = 2;
}
