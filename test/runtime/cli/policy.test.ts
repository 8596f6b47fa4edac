/** Is the policy enough, and not more? The real command line goes through a door that lets pass only what the policy allows. */
import { createServer, request } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { parseAddress } from "../../../src/emulator/host.ts";
import { type Operation, route } from "../../../src/emulator/route.ts";
import type { CamPolicy } from "../../../src/run/cam-policy.ts";
import { runCli } from "./built.ts";
import { keys, type Lab, lines, openLab, source } from "./lab.ts";

const actions: Partial<Record<Operation, string>> = {
  "bucket.list": "GetBucket",
  "object.get": "GetObject",
  "object.original": "GetObject",
  "object.head": "HeadObject",
  "object.put": "PutObject",
};

/** `*` is any text. */
function matches(pattern: string, resource: string): boolean {
  const parts = pattern.split("*").map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${parts.join(".*")}$`, "s").test(resource);
}

const REFUSAL = '<?xml version="1.0"?><Error><Code>AccessDenied</Code><Message>Not by this policy.</Message></Error>';

/** Passes requests on to the emulator, as far as a policy allows them; without one it allows all. */
async function openDoor(url: string) {
  let policy: CamPolicy | undefined;
  const used = new Set<string>();
  const refused: string[] = [];
  const emulator = new URL(url);
  const server = createServer((incoming, outgoing) => {
    const address = parseAddress(incoming.url ?? "", incoming.headers.host ?? "", false);
    const action = `name/cos:${actions[route(incoming.method ?? "", address, false)] ?? "?"}`;
    const { bucket = "", key } = address;
    const resource = `qcs::cos:ap-guangzhou:uid/${bucket.split("-").at(-1)}:${bucket}/${key}`;
    const by = policy?.statement.filter(
      (each) => each.action.includes(action) && each.resource.some((pattern) => matches(pattern, resource)),
    );
    if (by?.length === 0) {
      refused.push(`${action} ${resource}`);
      incoming.resume().on("end", () => outgoing.writeHead(403).end(incoming.method === "HEAD" ? "" : REFUSAL));
      return;
    }
    for (const each of by ?? []) used.add(`${action} ${each.resource.join(" ")}`);
    const { method, url: path, headers } = incoming;
    const onward = request({ host: emulator.hostname, port: emulator.port, method, path, headers }, (reply) => {
      outgoing.writeHead(reply.statusCode ?? 500, reply.headers);
      reply.pipe(outgoing);
    });
    incoming.pipe(onward);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    used,
    refused,
    enforce(next: CamPolicy) {
      policy = next;
      used.clear();
      refused.length = 0;
    },
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(resolve));
    },
  };
}

let lab: Lab;
let door: Awaited<ReturnType<typeof openDoor>>;
beforeAll(async () => {
  lab = await openLab();
  door = await openDoor(lab.emulator.url);
}, 60_000);
afterAll(async () => {
  await door.close();
  await lab.close();
});
beforeEach(() => lab.next());

const command = (args: readonly string[], more: Record<string, string> = {}) =>
  runCli(lab.built.cli, args, { ...lab.env, ...more });

const cases: readonly (readonly [string, () => Promise<readonly string[]>])[] = [
  ["a manifest file", async () => ["--manifest", await lab.file("keys.txt", lines(...keys))]],
  [
    "a manifest in the source bucket",
    async () => {
      lab.emulator.bucket(source).put("lists/keys.txt", Buffer.from(lines(...keys)));
      return ["--manifest", `cos://${source}/lists/keys.txt`];
    },
  ],
  ["a listing", async () => ["--list", "--run", "nightly"]],
];

describe("cos-originals policy", () => {
  it.each(cases)("is enough for %s, run and all that is done after it, and allows nothing unused", async (_, asked) => {
    const rows = await asked();
    const env = { ORIGINALS_ENDPOINT: door.url };
    const place = ["--archive", lab.place()];
    const printed = await command(["policy", ...rows, ...place, "--json"]);
    expect(printed.code).toBe(0);
    const policy: CamPolicy = JSON.parse(printed.stdout);
    door.enforce(policy);

    const ran = await command(["run", ...rows, ...place, "--json"], env);
    expect(ran).toMatchObject({ code: 0 });
    const { run } = JSON.parse(ran.stdout);
    for (const after of ["status", "verify", "report"]) {
      expect(await command([after, run, ...place, "--json"], env)).toMatchObject({ code: 0 });
    }
    // With a ledger to look at, to see whether its bucket keeps versions.
    expect(await command(["plan", ...rows, ...place, "--json"], env)).toMatchObject({ code: 0 });
    expect(door.refused).toEqual([]);

    const multipart = /Multipart|UploadPart/;
    const unused = policy.statement
      .flatMap((each) => each.action.map((action) => `${action} ${each.resource.join(" ")}`))
      .filter((each) => !door.used.has(each) && !multipart.test(each));
    expect(unused).toEqual([]);
  });

  it("is printed for people as for scripts, with what it can't say beside it", async () => {
    const { code, stdout, stderr } = await command(["policy", "--list", "--archive", lab.place()]);
    expect({ code, version: JSON.parse(stdout).version }).toEqual({ code: 0, version: "2.0" });
    expect(stderr).toContain("Bind the image service");
  });
});
