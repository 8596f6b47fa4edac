/** Catches: bytes archived, or a row left out, on the word of a reply that was another request's. */
import { createHash } from "node:crypto";
import { describe, expect, onTestFinished, test } from "vitest";
import { archiveTask } from "../../../src/archive/task/archive-task.ts";
import { createBucketClient } from "../../../src/cos/client.ts";
import type { Bucket, Standing } from "../../../src/objects/bucket.ts";
import { systemClock } from "../../../src/vocabulary/clock.ts";
import { rawServer } from "../../http/raw-server.ts";
import { runUntilDone } from "../../stores/fake-clock.ts";
import { archiveKey, bytesOf, expectArchived, key, lab, small } from "./lab.ts";

type Call = "get" | "head" | "put";

/** The bucket, but the first `call` is answered with `standing`, by `answer` where one is given. */
function doubtful<C extends Call>(bucket: Bucket, call: C, standing: Standing, answer?: Bucket[C]): Bucket {
  let calls = 0;
  const first = async (...given: unknown[]) => {
    const isFirst = calls++ === 0;
    const send = (isFirst && answer) || bucket[call];
    const reply = await (send as (...given: unknown[]) => Promise<object>)(...given);
    return isFirst ? { ...reply, standing } : reply;
  };
  return { ...bucket, [call]: first } as Bucket;
}

const other = bytesOf(1000, 7);

describe.each(["skip", "keep", "fail", "overwrite"] as const)("with --if-exists %s", (ifExists) => {
  async function work(
    over: (l: ReturnType<typeof lab>, standing: { believed: boolean }) => Partial<{ source: Bucket; archive: Bucket }>,
  ) {
    const l = lab({ ifExists, expect: "get" });
    l.source.seed(key, small);
    l.source.seed("photos/b.jpg", other);
    const standing = { believed: true };
    const context = { ...l.context, ...over(l, standing) };
    const task = { row: 0, planned: { key }, archiveKey, charged: 0, unsure: false };
    const ended = await runUntilDone(l.clock, archiveTask(task, context));
    expect(ended.outcome).toMatchObject({ outcome: "archived", attempts: 1 });
    expectArchived(l.archive, small);
    return l;
  }

  test("a fetch that is another's is made anew, charged with nothing", async () => {
    const l = await work(({ source }) => ({
      source: doubtful(source, "get", { believed: false }, (_, options) => source.get("photos/b.jpg", options)),
    }));
    expect(l.source.count("original")).toBe(2);
    expect(l.archive.count("put")).toBe(1);
  });

  test("what was put on the word of such a fetch is replaced", async () => {
    const l = await work(({ source, archive }, standing) => ({
      source: doubtful(source, "get", standing, (_, options) => source.get("photos/b.jpg", options)),
      archive: {
        ...archive,
        put: async (...given: Parameters<Bucket["put"]>) => {
          const info = await archive.put(...given);
          standing.believed = false;
          return info;
        },
      },
    }));
    expect(l.archive.count("put")).toBe(2);
  });

  test("an archive's answer that is another's is not believed", async () => {
    const l = await work(({ archive }) => ({ archive: doubtful(archive, "put", { believed: false }) }));
    expect(l.archive.count("put")).toBe(2);
  });
});

test("an archive's HEAD that is another's leaves no row out", async () => {
  const l = lab();
  l.source.seed(key, small);
  l.archive.seed("archive/other.jpg", small);
  const archive = doubtful(l.archive, "head", { believed: false }, () => l.archive.head("archive/other.jpg"));
  const task = { row: 0, planned: { key }, archiveKey, charged: 0, unsure: false };
  const ended = await runUntilDone(l.clock, archiveTask(task, { ...l.context, archive }));
  expect(ended.outcome.outcome).toBe("archived");
  expectArchived(l.archive, small);
});

const ofBytes = (body: string) =>
  `HTTP/1.1 200 OK\r\nx-cos-request-id: EXAMPLE6\r\netag: "${createHash("md5").update(body).digest("hex")}"\r\ncontent-length: ${body.length}\r\n\r\n`;

/** A proxy's: each request is answered, and 1 to 10 ms later with one reply more, of one object for all keys. */
async function proxyThatRepliesTwice() {
  let late = 0;
  return rawServer((socket, _, data) => {
    const answer = (head: Buffer) => {
      const [, method, name] = /^(\S+) \/([^?\s]*)/.exec(head.toString("latin1")) ?? [];
      const reply = (body: string) => ofBytes(body) + (method === "HEAD" ? "" : body);
      socket.write(reply(`bytes of ${name}`));
      setTimeout(() => socket.write(reply("b")), 1 + (late++ % 10));
    };
    socket.on("data", answer);
    answer(data);
  });
}

test.each(["auto", "get"] as const)(
  "of 100 originals over a proxy that replies twice none is archived wrong, --expect %s",
  async (expect_) => {
    const server = await proxyThatRepliesTwice();
    const l = lab({ expect: expect_, ifExists: "overwrite" });
    const told: string[] = [];
    const client = createBucketClient({
      bucket: "photos-1250000000",
      region: "ap-guangzhou",
      endpoint: server.origin,
      credentials: undefined,
      clock: systemClock,
      connections: 16,
      log: { info() {}, error() {}, warn: (message) => void told.push(message) },
    });
    onTestFinished(() => client.close());
    const context = { ...l.context, source: client, clock: systemClock };
    const keys = Array.from({ length: 100 }, (_, n) => `photo-${n}.jpg`);
    const waiting = [...keys];
    const worker = async () => {
      for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) {
        const task = { row: 0, planned: { key: name }, archiveKey: name, charged: 0, unsure: false };
        const { outcome } = await archiveTask(task, context);
        expect(outcome).toMatchObject({ outcome: "archived", attempts: 1 });
      }
    };
    await Promise.all(Array.from({ length: 8 }, worker));
    for (const name of keys) expect(l.archive.object(name)?.bytes.toString()).toBe(`bytes of ${name}`);
    expect(told).toHaveLength(1);
  },
);
