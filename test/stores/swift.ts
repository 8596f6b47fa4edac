/**
 * OpenStack Swift with its S3 API, of Debian's packages swift-proxy, swift-account, swift-container, swift-object and memcached: a store that many
 * run, and that checks signatures, MD5s and conditions of copies. For tests, one of each server on loopback, one folder, one copy.
 */
import { execFileSync, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { staticCredentials } from "../../src/credentials/credentials.ts";
import { createWireHttp } from "../../src/http/wire/client.ts";
import { createS3Send } from "../../src/stores/s3/send.ts";
import { systemClock } from "../../src/vocabulary/clock.ts";
import { freePort } from "../setup/free-port.ts";
import { type S3Server, s3Bucket, s3ClientOf } from "./s3-servers.ts";

const programs = ["swift-proxy-server", "swift-account-server", "swift-container-server", "swift-object-server"];
/** SWIFT_BIN is where they are instead; where that is nowhere, tests do without. */
const where = (program: string): string | undefined =>
  (process.env.SWIFT_BIN === undefined ? ["/usr/bin", "/usr/local/bin"] : [process.env.SWIFT_BIN])
    .map((folder) => join(folder, program))
    .find((path) => existsSync(path));

/** Which of its programs are missing; then tests that need it are skipped, and say so. */
export const missingSwift: readonly string[] = [...programs, "swift-ring-builder", "memcached"].filter(
  (program) => where(program) === undefined,
);

export const swiftCredentials = { secretId: "test:tester", secretKey: "testing" };

const kinds = ["account", "container", "object"] as const;
/**
 * Its servers wait for one another for half a second, and leave one out for a minute that was late ten times: on a busy machine that would be
 * replies of 503 and listings without what was written. Here they wait.
 */
const waits = "conn_timeout = 60\nnode_timeout = 120\ncontainer_update_timeout = 120\nclient_timeout = 300\n";
const proxyWaits =
  "conn_timeout = 60\nnode_timeout = 120\nrecoverable_node_timeout = 120\nerror_suppression_limit = 1000000\n";
const filters =
  "catch_errors gatekeeper proxy_logging cache:memcache listing_formats bulk s3api tempauth copy slo dlo versioned_writes";

export async function startSwift(): Promise<S3Server> {
  const folder = await mkdtemp(join(tmpdir(), "originals-swift-"));
  const [proxy, account, container, object, memory] = await Promise.all([0, 1, 2, 3, 4].map(freePort));
  const ports = { account, container, object };
  const user = userInfo().username;
  const started: { kill(): boolean }[] = [];
  const start = (program: string, ...args: string[]) => {
    const child = spawn(where(program) ?? program, args, { stdio: "ignore", detached: true });
    child.on("error", () => undefined);
    started.push(child);
  };
  const shared = (port: number | undefined, name: string) =>
    `[DEFAULT]\nbind_ip = 127.0.0.1\nbind_port = ${port}\nswift_dir = ${folder}\ndevices = ${folder}/node\nmount_check = false\nworkers = 0\nuser = ${user}\ndisable_fallocate = true\nlog_name = ${name}\n${waits}`;
  const builder = where("swift-ring-builder") ?? "swift-ring-builder";

  await mkdir(join(folder, "node/d1"), { recursive: true });
  await writeFile(
    join(folder, "swift.conf"),
    "[swift-hash]\nswift_hash_path_prefix = tests\nswift_hash_path_suffix = tests\n[storage-policy:0]\nname = one\ndefault = yes\n",
  );
  for (const kind of kinds) {
    const ring = join(folder, `${kind}.builder`);
    const config = join(folder, `${kind}.conf`);
    await writeFile(
      config,
      `${shared(ports[kind], kind)}[pipeline:main]\npipeline = ${kind}-server\n[app:${kind}-server]\nuse = egg:swift#${kind}\n`,
    );
    execFileSync(builder, [ring, "create", "4", "1", "0"], { stdio: "ignore" });
    execFileSync(builder, [ring, "add", `r1z1-127.0.0.1:${ports[kind]}/d1`, "1"], { stdio: "ignore" });
    execFileSync(builder, [ring, "rebalance"], { stdio: "ignore" });
    start(`swift-${kind}-server`, config);
  }
  const config = join(folder, "proxy.conf");
  const sections = filters.split(" ").map((filter) => {
    const [name, egg = name] = filter.split(":");
    const more: Readonly<Record<string, string>> = {
      cache: `memcache_servers = 127.0.0.1:${memory}\n`,
      tempauth: "user_test_tester = testing .admin\n",
      s3api: "location = us-east-1\n",
    };
    return `[filter:${name}]\nuse = egg:swift#${egg}\n${more[name ?? ""] ?? ""}`;
  });
  const names = filters.split(" ").map((filter) => filter.split(":")[0]);
  await writeFile(
    config,
    `${shared(proxy, "proxy")}[pipeline:main]\npipeline = ${names.join(" ")} proxy-server\n[app:proxy-server]\nuse = egg:swift#proxy\naccount_autocreate = true\n${proxyWaits}${sections.join("")}`,
  );
  start("memcached", "-u", user, "-l", "127.0.0.1", "-p", String(memory));
  start("swift-proxy-server", config);

  const url = `http://127.0.0.1:${proxy}`;
  const stop = async () => {
    for (const child of started) child.kill();
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  };
  const bucket = s3ClientOf(url, s3Bucket, swiftCredentials);
  try {
    await makeBucket(url);
    // The bucket is there without the server of objects, which may start last.
    await untilAnswered(() => bucket.put("first", Buffer.from("first")));
    await untilAnswered(() => bucket.delete("first"));
  } catch (error) {
    await bucket.close();
    await stop();
    throw error;
  }
  return {
    url,
    bucket,
    async close() {
      await bucket.close();
      await stop();
    },
  };
}

/** As soon as all of it answers. */
async function makeBucket(url: string): Promise<void> {
  const http = createWireHttp({});
  const send = createS3Send({
    bucket: s3Bucket,
    region: "us-east-1",
    endpoint: { origin: url, host: new URL(url).host, pathPrefix: `/${s3Bucket}` },
    http,
    credentials: staticCredentials(swiftCredentials),
    clock: systemClock,
  });
  await untilAnswered(() => send({ method: "PUT", body: Buffer.alloc(0), bufferUpTo: "whole" }, () => undefined));
  await http.close();
}

async function untilAnswered(request: () => Promise<unknown>): Promise<void> {
  for (let tries = 0; ; tries++) {
    try {
      await request();
      return;
    } catch (error) {
      if (tries > 240) throw error;
      await systemClock.sleep(250);
    }
  }
}
