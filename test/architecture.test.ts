/**
 * The house (docs/architecture.md): a room imports only from rooms below it, and so do the rooms within a room, so that each
 * can be read with nothing but what is under it. Imports of types count like any other.
 */
import { describe, expect, test } from "vitest";
import { paths } from "../src/ledger/layout.ts";
import {
  breaches,
  circles,
  crowded,
  type House,
  house,
  readSources,
  sharedRooms,
  strangers,
} from "./architecture/house.ts";

const sources = readSources();

/** What the names of the ledger's objects are made of (src/ledger/layout.ts), wherever a text holds it. */
const objectNames =
  /\b(?:request|run|summary)\.json|\breport\.html|\b(?:runs|plans|submitted|outcomes|done|groups|restoring|parts|stopped|control|caps|pulse|events|notices)\/(?!\/)|(?<!--out )\breport\/|\b(?:cursor|seen|upto|again|results|failures)-[^\w\s]|-open~|\.jsonl\.gz/g;

/** Without its comments, and without what it imports. */
const codeOf = (text: string): string =>
  text
    .replaceAll(/^\s*\/\*[\s\S]*?\*\//gm, "")
    .replaceAll(/^\s*\/\/.*$/gm, "")
    .replaceAll(/\b(?:from |import\()"[^"]*"/g, "");

describe("the house", () => {
  test("has a place on its floors for every file", () => {
    expect(sources.size).toBeGreaterThan(100);
    expect(strangers(house, sources)).toEqual([]);
  });

  test("lets every room, and every room within a room, import only from those below", () => {
    expect(breaches(house, sources)).toEqual([]);
  });

  test("has no circle of files, imports of types included", () => {
    expect(circles(sources)).toEqual([]);
  });

  test("has at most twenty files in a folder", () => {
    expect(crowded(sources, 20)).toEqual([]);
  });

  test("imports files that are there, by their own names", () => {
    const missing = [...sources].flatMap(([file, { imports }]) =>
      imports.filter((imported) => !sources.has(imported)).map((imported) => `${file} imports ${imported}`),
    );
    expect(missing).toEqual([]);
  });

  test("imports no published entry: the package is used from outside", () => {
    const imported = new Set([...sources.values()].flatMap(({ imports }) => imports));
    expect([...sources.keys()].filter((file) => !file.includes("/") && imported.has(file))).toEqual([]);
  });

  test("keeps decisions, folds and words away from clocks, disks and networks", () => {
    const pure = [...sources].filter(
      ([file]) =>
        file.startsWith("policy/") ||
        ["ledger/shard/fold.ts", "ledger/shard/attempts.ts", "ledger/layout.ts"].includes(file),
    );
    const impure = pure.filter(([, { text }]) =>
      /Date\.now|Math\.random|setTimeout|from "node:(?!crypto|path)|\bawait\b/.test(text),
    );
    expect(pure.length).toBeGreaterThan(5);
    expect(impure.map(([file]) => file)).toEqual([]);
  });
});

describe("time", () => {
  const code = [...sources]
    .filter(([file]) => file !== "vocabulary/clock.ts")
    .map(([file, { text }]) => [file, codeOf(text)] as const);

  test("is asked of the clock that is passed in, and of no other", () => {
    // How busy the event loop is says nothing of what time it is.
    const asking = /\bDate\.now\b|\bperformance\b(?!\.eventLoopUtilization)|\bhrtime\b|\bnew Date\(\)/;
    expect(code.filter(([, text]) => asking.test(text)).map(([file]) => file)).toEqual([]);
  });

  test("is what time it is only where that is written down, or compared with others' clocks; all else goes by what elapsed", () => {
    const written = /(?:new Date|ulid|isoTime)\([\w.]*lock\.now\(\)/g;
    const compared: Readonly<Record<string, string>> = {
      "archive/shard/run-watch.ts": "until the ledger has told the time",
      "cos/exchange/send.ts": "signatures",
      "credentials/renewing.ts": "the end of temporary keys is a time of day, said by whoever gave them",
      "emulator/emulator.ts": "the service's own clock",
      "emulator/handle-request.ts": "the service's own clock",
      "emulator/server.ts": "the service's own clock",
      "events/webhook.ts": "signatures",
      "ledger/store.ts": "where the store does not tell the time",
      "queue/lease.ts": "a laptop that slept",
      "queue/transports/long-poll.ts": "a clock that only goes forward",
      "queue/transports/memory.ts": "when messages were sent, and from there on only forward",
      "queue/transports/sqs-json.ts": "signatures",
      "queue/transports/tdmq-call.ts": "signatures",
      "run/check/by-listing.ts": "where the store does not tell the time",
      "run/deliver/handle-manifest.ts": "how long ago a schedule fired",
      "run/deliver/handle-reconcile.ts": "the age of a run that another planned",
      "run/finalize/finalize.ts": "how long a run took that another began",
      "run/inspect/doctor.ts": "is the clock right?",
      "run/inspect/probe/copy.ts": "the age of a copy that another probe left",
      "run/inspect/status.ts": "the age of a run that another planned",
      "run/messages/dead-letters.ts": "when it was rejected",
      "run/places/other-runs.ts": "which runs began within a month",
      "run/plan/plan.ts": "an id behind that of another planner",
      "run/reconcile/unfinished-runs.ts": "how long ago a run ended that another worked",
      "run/work/tick.ts": "from when on what is written down is looked for, and what it writes down",
      "runtime/cli/metrics/watched-worker.ts": "moments that Prometheus is told",
      "runtime/cli/original/sign.ts": "signatures",
      "runtime/cli/plan.ts": "the end of temporary keys, as above",
      "runtime/cli/status.ts": "the next look at what is restored, which the ledger tells",
      "runtime/function/embedded-metrics.ts": "when it was measured",
      "runtime/settings/run-input.ts": "the date in a run's name",
      "stores/folder/folder.ts": "the ages of files, and a listing's time",
      "stores/s3/send.ts": "signatures",
    };
    const asking = code.filter(([, text]) => /lock\.now\(\)/.test(text.replaceAll(written, "")));
    expect(asking.map(([file]) => file).sort()).toEqual(Object.keys(compared).sort());
  });
});

describe("text from outside", () => {
  const filesWith = (pattern: RegExp, below = "") =>
    [...sources]
      .filter(([file, { text }]) => file.startsWith(below) && pattern.test(codeOf(text)))
      .map(([file]) => file);

  test("comes in by few doors, each of which redacts it", () => {
    // Who sends requests of its own reads what comes back; the emulator and the http clients themselves tell nobody.
    const senders = filesWith(/\bhttp\.send\(|\bdispatcher\.(?:request|dispatch|stream)\(|\bfetch\(/).filter(
      (file) => !file.startsWith("http/") && !file.startsWith("emulator/"),
    );
    expect(senders.toSorted()).toEqual([
      "cos/exchange/send.ts",
      "credentials/aws-secret.ts",
      "events/post.ts",
      "queue/transports/exchange.ts",
      "stores/s3/send.ts",
    ]);
    for (const file of senders) expect(codeOf(sources.get(file)?.text ?? "")).toMatch(/\bredact\b/);
  });

  test("of a bucket ends in an error that went through the door, or in none", () => {
    const ends = codeOf(sources.get("cos/exchange/send.ts")?.text ?? "").match(/this\.#reject\(.*/g) ?? [];
    const byDoor = [/#reject\(this\.#broken\(/, /#reject\(redactedError\(/];
    expect(ends.length).toBeGreaterThanOrEqual(2);
    expect(ends.filter((end) => !byDoor.some((door) => door.test(end)))).toEqual([]);
    const thrown = codeOf(sources.get("stores/s3/send.ts")?.text ?? "").match(/throw \w+\(/g) ?? [];
    expect(thrown.length).toBeGreaterThanOrEqual(4);
    expect(thrown.filter((end) => !/throw (?:redactedError|refusal)\(/.test(end))).toEqual([]);
    // Whoever else makes one knows nothing of a reply but its status and its numbers, or had its error by the door.
    expect(
      filesWith(/\bnew BucketError\(/, "")
        .filter((file) => !file.startsWith("emulator/"))
        .toSorted(),
    ).toEqual([
      "archive/task/requests.ts",
      "cos/exchange/corrections.ts",
      "cos/exchange/error-from-reply.ts",
      "cos/exchange/error-from-transport.ts",
      "cos/exchange/false-success.ts",
      "cos/exchange/outside-text.ts",
      "cos/exchange/send.ts",
      "run/work/outage-watch.ts",
      // What a file system says is a name of an error: no text from outside.
      "stores/folder/fault.ts",
      "stores/s3/error.ts",
      "stores/s3/listing.ts",
      "stores/s3/send.ts",
      "stores/s3/stored.ts",
    ]);
  });

  test("of a queue is read where its answer is decoded, through its own redaction", () => {
    const decoders = filesWith(/\banswer\.text\b/, "queue/");
    expect(decoders.toSorted()).toEqual([
      "queue/transports/sqs-json-wire.ts",
      "queue/transports/sqs-json.ts",
      "queue/transports/tdmq-wire.ts",
    ]);
  });
});

test("people are written to in one place", () => {
  const writers = [...sources].filter(([, { text }]) =>
    /\bprocess\.(?:stdout|stderr)\b|\bstd\w+ \} = process\b|\bconsole\.\w/.test(
      codeOf(text).replaceAll(/^\s*\*.*$/gm, ""),
    ),
  );
  // program.ts hands both to the terminal; log.ts is where functions, which have no terminal, write.
  expect(writers.map(([file]) => file).toSorted()).toEqual(["runtime/cli/program.ts", "vocabulary/log.ts"]);
  const streams = [...sources].filter(([, { text }]) => /\b(?:stdout|stderr)\.write\(/.test(codeOf(text)));
  expect(streams.map(([file]) => file).filter((file) => file.startsWith("runtime/"))).toEqual([
    "runtime/cli/terminal/terminal.ts",
  ]);
});

describe("the ledger", () => {
  const others = [...sources].filter(([file]) => !file.startsWith("ledger/"));
  const breaking = (rule: RegExp) =>
    others.flatMap(([file, { text }]) => [...codeOf(text).matchAll(rule)].map(([found]) => `${file}: ${found}`));

  test("names its objects in one file, which only it imports", () => {
    const importers = others.filter(([, { imports }]) => imports.includes("ledger/layout.ts"));
    expect(importers.map(([file]) => file)).toEqual([]);
    expect(breaking(objectNames)).toEqual([]);
  });

  test("is read and written by functions of its own: no other room lists, gets or puts an object of it", () => {
    expect(breaking(/\bledger\w*\.(?:get|put|create|list|listPage)\(/g)).toEqual([]);
    const users = others.filter(([, { imports }]) => imports.includes("ledger/store.ts"));
    expect(users.length).toBeGreaterThan(10);
    expect(users.filter(([, { text }]) => /\bJSON\.parse\(/.test(text)).map(([file]) => file)).toEqual([]);
  });
});

describe("the architecture test itself", () => {
  const small: House = [{ room: "upper", rooms: ["over", "under"] }, { room: "lower" }];
  const of = (files: Record<string, readonly string[]>) =>
    new Map(Object.entries(files).map(([file, imports]) => [file, { text: "", imports }]));

  test("names both files of an import upward, between rooms and within one", () => {
    expect(breaches(small, of({ "lower/a.ts": ["upper/over/b.ts"], "upper/over/b.ts": [] }))).toEqual([
      "lower/a.ts imports upper/over/b.ts",
    ]);
    expect(breaches(small, of({ "upper/under/a.ts": ["upper/over/b.ts"], "upper/over/b.ts": ["lower/c.ts"] }))).toEqual(
      ["upper/under/a.ts imports upper/over/b.ts"],
    );
    expect(breaches(small, of({ "upper/over/a.ts": ["upper/under/b.ts", "lower/c.ts"] }))).toEqual([]);
  });

  test("names a circle by its files", () => {
    expect(circles(of({ "a.ts": ["b.ts"], "b.ts": ["c.ts"], "c.ts": ["b.ts"] }))).toEqual(["b.ts > c.ts > b.ts"]);
  });

  test("tells a file outside every room, and a room that no file is in", () => {
    expect(strangers(small, of({ "cellar/a.ts": [], "upper/attic/b.ts": [], "lower/c.ts": [] }))).toEqual([
      "cellar/a.ts",
      "upper/attic/b.ts",
      "upper/over: no file",
      "upper/under: no file",
    ]);
  });

  test("knows the name of every object of a ledger when it meets one", () => {
    const plan = "01HZZZZZZZZZZZZZZZZZZZZZZZ";
    const names = Object.values(paths).flatMap((path) =>
      typeof path === "string" ? path : typeof path === "function" ? Reflect.apply(path, undefined, [plan, 1, 1]) : [],
    );
    expect(names.length).toBeGreaterThan(20);
    expect(names.filter((name: string) => !codeOf(`const name = "${name}";`).match(objectNames))).toEqual([]);
  });

  test("lists its rooms and the rooms within them from the top", () => {
    expect(sharedRooms(small)).toEqual(["upper", "upper/over", "upper/under", "lower"]);
  });
});
