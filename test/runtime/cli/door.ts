/** A door before the embedded COS that lets pass only what a CAM policy allows. */
import { createServer, request } from "node:http";
import type { AddressInfo } from "node:net";
import type { Operation } from "../../../src/emulator/faults/operation.ts";
import { parseAddress } from "../../../src/emulator/protocol/address.ts";
import { route } from "../../../src/emulator/protocol/route.ts";
import type { CamPolicy } from "../../../src/run/allowed/cam-policy.ts";

const actions: Partial<Record<Operation, string>> = {
  "bucket.list": "cos:GetBucket",
  "object.get": "cos:GetObject",
  "object.original": "cos:GetObject",
  "object.head": "cos:HeadObject",
  "object.put": "cos:PutObject",
  "bucket.versions": "cos:GetBucketObjectVersions",
  "versioning.get": "cos:GetBucketVersioning",
  "protection.get": "ci:DescribeOriginProtect",
  "protection.put": "ci:SetOriginProtect",
  "protection.delete": "ci:SetOriginProtect",
  "slim.get": "ci:DescribeImageSlim",
};

/** `*` is any text. */
function matches(pattern: string, resource: string): boolean {
  const parts = pattern.split("*").map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${parts.join(".*")}$`, "s").test(resource);
}

const REFUSAL = '<?xml version="1.0"?><Error><Code>AccessDenied</Code><Message>Not by this policy.</Message></Error>';

export type Door = Awaited<ReturnType<typeof openDoor>>;

/** Passes requests on to the emulator at `url`, as far as a policy allows them; without one it allows all. */
export async function openDoor(url: string) {
  let policy: CamPolicy | undefined;
  const used = new Set<string>();
  const refused: string[] = [];
  const emulator = new URL(url);
  const server = createServer((incoming, outgoing) => {
    const address = parseAddress(incoming.url ?? "", incoming.headers.host ?? "", false);
    const action = `name/${actions[route(incoming.method ?? "", address, false)] ?? "?"}`;
    const { bucket = "", key } = address;
    const account = `ap-guangzhou:uid/${bucket.split("-").at(-1)}`;
    const resource = action.startsWith("name/ci:")
      ? `qcs::ci:${account}:bucket/${bucket}/`
      : `qcs::cos:${account}:${bucket}/${key}`;
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
