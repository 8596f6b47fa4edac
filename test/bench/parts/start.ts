/**
 * A cold start: a new process imports the bundle that is deployed and gets one event. Measured from the beginning of the import
 * to the first request for an original at the store, which answers the ledger's requests at once: what it costs a function
 * to begin, its own share of it alone. Two events: a shard of a run that is planned, which is what begins when a run spreads
 * over many functions, and a manifest message of one key, which plans and claims its run before it fetches.
 */
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { bucketsOf, keyOf, region } from "../bodies.ts";
import { type Spread, spread } from "../numbers.ts";
import type { Bench, Part } from "../part.ts";
import { environmentOf } from "../planned-run.ts";
import { start } from "../processes.ts";
import { platformEnvironment, shardMessage, sqsAnswer, sqsEvent } from "../shard-event.ts";
import { shippedBytes } from "../shipped.ts";
import type { Started, StartOrder } from "../starter.ts";
import type { Checked } from "../store.ts";

export interface StartResult {
  readonly runs: number;
  readonly bundles: readonly { readonly file: string; readonly bytes: number }[];
  readonly starts: readonly Start[];
}

export interface Start {
  readonly file: string;
  readonly event: "shard" | "manifest";
  readonly rows: number;
  /** From the beginning of the import to the first GET of an original, milliseconds. */
  readonly ms: Spread;
  /** The import alone. */
  readonly importMs: Spread;
  /** Runs in which the function's answer, or what it archived, was not right. */
  readonly wrong: number;
}

/** What is aimed at. */
const targetMs = 150;
const targetBytes = 1_000_000;

const runs = 15;
const shardRows = 1000;
const label = "16KiB";

const functions = [
  { file: "lambda.cjs", handler: "handler", eventOf: sqsEvent, answer: JSON.parse(sqsAnswer) },
  // Of a run that is over its summary stands beside it.
  { file: "scf/index.js", handler: "main_handler", eventOf: cmqEvent, answer: { acknowledged: 1, rejected: 0 } },
] as const;

export function createStartPart({ flags, folder, dist, store, note }: Bench): Part<StartResult> {
  const bundles = functions.map(({ file }) => ({ file, bytes: shippedBytes(dist, file) }));
  return {
    name: "start",
    async run() {
      const starts: Start[] = [];
      for (const event of ["shard", "manifest"] as const) {
        for (const each of functions) starts.push(await measure(each, event));
      }
      return { runs, bundles, starts };
    },
    text: startText,
    isRight: ({ starts }) => starts.every(({ wrong }) => wrong === 0),
  };

  async function measure(each: (typeof functions)[number], event: Start["event"]): Promise<Start> {
    const rows = event === "shard" ? shardRows : 1;
    const laps: { readonly ms: number; readonly importMs: number }[] = [];
    let wrong = 0;
    for (let run = 0; run < runs; run++) {
      note(`${each.file}, ${event}: start ${run + 1} of ${runs}`);
      const lap = await startOnce(each, event, rows);
      if (lap.isRight) laps.push(lap);
      else wrong++;
    }
    const ms = spread(laps.map((lap) => lap.ms));
    return { file: each.file, event, rows, ms, importMs: spread(laps.map(({ importMs }) => importMs)), wrong };
  }

  async function startOnce(
    { file, handler, eventOf, answer }: (typeof functions)[number],
    event: string,
    rows: number,
  ) {
    const { talking, origin } = await store();
    await talking.ask({ order: "forget" });
    const shard = { run: "start", label, rows } as const;
    const body = event === "shard" ? await shardMessage({ talking, origin }, shard) : manifestMessage();
    const process = await start(join(folder, "starter.js"), 0, { flags: flags.nodeFlags, quiet: true });
    try {
      const environment = { ...environmentOf(origin), ...platformEnvironment };
      const order: StartOrder = { bundle: join(dist, file), handler, event: eventOf(body), environment };
      const started = await process.ask<Started>(order);
      const { at } = await talking.ask<{ at?: number }>({ order: "first-get" });
      const checked = await talking.ask<Checked>({ order: "check", label, objects: rows });
      const isRight = isMatch(started.answer, answer) && checked.right === rows && checked.wrong === 0;
      return {
        ms: (at ?? Number.NaN) - started.begunAt,
        importMs: started.importedAt - started.begunAt,
        isRight: isRight && at !== undefined,
      };
    } finally {
      await process.end();
    }
  }
}

/** Has the answer these fields, whatever else it tells? */
const isMatch = (answer: unknown, wanted: object): boolean =>
  typeof answer === "object" && answer !== null && isDeepStrictEqual({ ...answer, ...wanted }, answer);

function manifestMessage(): string {
  const [source, archive] = [bucketsOf.source, bucketsOf.archive].map((bucket) => ({ bucket, region }));
  return JSON.stringify({ v: 1, type: "manifest", source, archive, keys: [keyOf(label, 0)] });
}

function cmqEvent(msgBody: string) {
  const topic = { type: "topic", topicOwner: 120000000, topicName: "originals", subscriptionName: "originals" };
  return {
    Records: [{ CMQ: { ...topic, publishTime: "2026-11-22T02:00:00.000Z", msgId: "1", requestId: "1", msgBody } }],
  };
}

export function startText({ runs, bundles, starts }: StartResult): string {
  const ms = ({ median, least, most }: Spread) => `${median.toFixed(0)} ms (${least.toFixed(0)}–${most.toFixed(0)})`;
  const events = {
    shard: (rows: number) => `a shard of ${rows.toLocaleString("en-US")} rows`,
    manifest: (rows: number) => `a manifest of ${rows === 1 ? "one key" : `${rows} keys`}`,
  };
  return [
    `\nCold start, from the beginning of the import to the first GET of an original, median of ${runs} (least–most)`,
    ...starts.map(({ file, event, rows, ms: whole, importMs, wrong }) => {
      const over = whole.median > targetMs ? `   OVER ${targetMs} ms` : "";
      const bad = wrong > 0 ? `   ${wrong} STARTS WRONG` : "";
      return `  ${file.padEnd(14)}${events[event](rows).padEnd(24)}${ms(whole).padStart(20)}   of it the import ${ms(importMs)}${over}${bad}`;
    }),
    ...bundles.map(({ file, bytes }) => {
      const over = bytes > targetBytes ? `   OVER ${targetBytes / 1e6} MB` : "";
      return `  ${file.padEnd(14)}${(bytes / 1000).toFixed(0)} KB${over}`;
    }),
  ].join("\n");
}
