/**
 * Messages that earlier versions, and those who know them, put into a queue, worked by this one. What it would catch: a queue that an
 * update finds full of messages it rejects, and a message that begins a second run beside the one it began before.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import * as tool from "../../src/index.ts";
import { quick } from "../setup/quick.ts";
import { goldenVersions, type KeptMessage } from "./golden.ts";
import { type Begun, begin, placeOf, workAll } from "./says.ts";
import { openStage, type Stage } from "./stage.ts";

describe.each(goldenVersions())("messages of $version", (version) => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await openStage(tool, "no command is run", version.source);
  });
  afterAll(() => stage?.close());
  const named = (name: string): KeptMessage => {
    const message = version.messages.find((one) => one.name === name);
    if (message === undefined) throw new Error(`there is no message "${name}"`);
    return message;
  };
  const manifests = version.messages.filter(({ begun }) => begun !== undefined);

  test("are of every type that is read", () => {
    const types = version.messages.map(({ body }) => JSON.parse(body).type);
    expect([...new Set(types)].sort()).toEqual(["manifest", "reconcile", "shard"]);
    const rows = manifests.flatMap(({ body }) => Object.keys(JSON.parse(body)));
    expect(rows).toEqual(expect.arrayContaining(["manifest", "keys", "prefix", "scheduledAt"]));
  });

  test.each(version.messages)("$name: is read as it is", ({ body }) => {
    expect(tool.parseMessage(body)).toMatchObject(JSON.parse(body));
  });

  test.skipIf(quick).each(manifests)(
    "$name: begins the run that it began, ends it the same, and once more does nothing",
    async (message) => {
      const { body } = message;
      const before = message.begun as unknown as Begun;
      const now = await begin(stage, body);
      expect(now.run).toBe(before.run);
      const { requests: _, ...summary } = before.summary;
      expect(now.summary).toMatchObject(summary);
      expect(now.results).toEqual(before.results);
      expect(version.found(now.fetched)).toEqual(version.found(before.fetched));

      const keys = stage.keep(placeOf(body)).map(({ key }) => key);
      await workAll(stage, [body]);
      expect(stage.keep(placeOf(body)).map(({ key }) => key)).toEqual(keys);
      expect(stage.fetched().length).toBe(now.fetched.length);
    },
  );

  test.each(["shard 0, which is over", "shard 0 of a plan that lost"])(
    "%s: is acknowledged, and nothing is fetched",
    async (name) => {
      stage.load(version.golden("queued"));
      const worker = stage.worker();
      expect(await worker.deliver(named(name).body)).toEqual({ kind: "acknowledge" });
      await worker.close();
      expect(stage.fetched()).toEqual([]);
    },
  );

  test("a shard that was handed over goes on with the rows that are left, and its late copy is nobody's", async () => {
    stage.load(version.golden("queued"));
    const worker = stage.worker();
    expect(await worker.deliver(named("shard 1, handed over").body)).toEqual({ kind: "acknowledge" });
    const [first = "", ...rest] = stage.fetched();
    expect([first, ...rest].sort()).toEqual(version.source.slice(5, 8).map(({ key }) => key));
    expect(await worker.deliver(named("shard 1, a late copy").body)).toEqual({ kind: "acknowledge" });
    await worker.close();
    expect(stage.fetched().length).toBe(3);
    expect(worker.queue).toEqual([]);
  });

  test("a dead letter says why, and put back into its queue it is worked", async () => {
    const { body, attributes } = named("dead letter");
    expect(attributes).toMatchObject({
      OriginalsReason: expect.stringContaining("run.json"),
      OriginalsMessageId: "m-1",
      OriginalsQueue: expect.stringMatching(/^https:/),
      OriginalsRejectedAt: expect.stringMatching(/Z$/),
    });
    stage.load(version.golden("queued"));
    const worker = stage.worker();
    expect(await worker.deliver(body)).toEqual({ kind: "acknowledge" });
    await worker.close();
    expect(stage.fetched().length).toBe(4);
  });
});
