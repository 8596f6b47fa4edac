// HEALTHCHECK of the image: does what runs as process 1 say that it is well? Only a command that was told to listen says so; of any other it is
// enough that it runs.
import { readFileSync } from "node:fs";

const words = readFileSync("/proc/1/cmdline", "utf8").split("\0");
const at = words.findIndex((word) => word === "--listen" || word.startsWith("--listen="));
const address = at < 0 ? process.env.ORIGINALS_LISTEN : (words[at].split("=")[1] ?? words[at + 1]);
if (!address) process.exit(0);
// Where it listens on every address, loopback is one of them.
const everywhere = { "0.0.0.0": "127.0.0.1", "[::]": "[::1]" };
const [, host = "127.0.0.1", port] = /^(?:(.+):)?(\d+)$/.exec(address) ?? [];
try {
  const { ok } = await fetch(`http://${everywhere[host] ?? host}:${port}/healthz`, {
    signal: AbortSignal.timeout(4000),
  });
  process.exit(ok ? 0 : 1);
} catch {
  process.exit(1);
}
