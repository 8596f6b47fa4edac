/** An emulator in a directory of its own, and requests to it that no SDK would send. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Agent, type Dispatcher } from "undici";
import { authorization, encodeKey, urlEncode } from "../../src/cos/signing/signature.ts";
import type { Credentials } from "../../src/credentials/credentials.ts";
import { type Emulator, type EmulatorOptions, startEmulator } from "../../src/emulator/emulator.ts";
import type { Clock } from "../../src/vocabulary/clock.ts";

export const credentials: Credentials = { secretId: "AKIDEMULATOR", secretKey: "a-secret-of-the-tests" };
export const photos = "photos-1250000000";
export const host = `${photos}.cos.ap-guangzhou.myqcloud.com`;

export interface LabClock extends Clock {
  advance(ms: number): void;
}

/** Stands still until it is told to advance; `sleep` returns at once and advances it. */
export function labClock(start = Date.UTC(2026, 0, 15, 12)): LabClock {
  let now = start;
  return {
    now: () => now,
    elapsed: () => now,
    advance(ms) {
      now += ms;
    },
    async sleep(ms) {
      now += ms;
    },
  };
}

export interface Ask {
  readonly method?: string;
  readonly host?: string;
  /** Encoded into the target, unless `target` is given. */
  readonly key?: string;
  /** The raw request target, and with it the decoded path that is signed. */
  readonly target?: string;
  readonly query?: readonly (readonly [string, string])[];
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Buffer | string | undefined;
  /** Unsigned where `false`; else with these credentials. */
  readonly sign?: Credentials | false;
  /** Seconds the signature starts before and ends after the lab's clock. */
  readonly window?: readonly [before: number, after: number];
  /** Changes the Authorization header. */
  readonly tamper?: (authorization: string) => string;
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  readonly text: string;
  /** The Code of an error document. */
  readonly code: string | undefined;
  /** The text of the first element of that name. */
  element(name: string): string | undefined;
}

export interface Lab {
  readonly emulator: Emulator;
  readonly clock: LabClock;
  readonly dataDir: string;
  readonly agent: Dispatcher;
  ask(what?: Ask): Promise<Answer>;
  restart(): Promise<void>;
  close(): Promise<void>;
}

export function elementOf(text: string, name: string): string | undefined {
  return new RegExp(`<${name}>([\\s\\S]*?)</${name}>`).exec(text)?.[1];
}

export async function openLab(options: Partial<EmulatorOptions> = {}): Promise<Lab> {
  const dataDir = mkdtempSync(join(tmpdir(), "emulator-"));
  const clock = labClock();
  const agent = new Agent({ connections: 8, pipelining: 1 });
  const start = () =>
    startEmulator({
      dataDir,
      credentials: [credentials],
      buckets: [{ name: photos, protect: ["jpg", "png"], styles: ["small"] }],
      clock,
      ...options,
    });
  let emulator = await start();

  async function ask(what: Ask = {}): Promise<Answer> {
    const { method = "GET", key = "", query = [], headers = {}, body, sign = credentials } = what;
    const path = `/${key}`;
    const queryText = query.map(([name, value]) =>
      value === "" ? urlEncode(name) : `${urlEncode(name)}=${urlEncode(value)}`,
    );
    const target = what.target ?? `/${encodeKey(key)}${queryText.length > 0 ? `?${queryText.join("&")}` : ""}`;
    const sent: Record<string, string> = { host: what.host ?? host, ...headers };
    if (sign !== false) {
      const now = Math.floor(clock.now() / 1000);
      const [before, after] = what.window ?? [60, 900];
      const signed = what.target === undefined ? path : decodeURIComponent(what.target.split("?")[0] ?? "");
      const text = authorization(
        { method, path: signed, query, headers: Object.entries(sent) },
        sign,
        `${now - before};${now + after}`,
      );
      sent.authorization = what.tamper ? what.tamper(text) : text;
      if (sign.sessionToken !== undefined) sent["x-cos-security-token"] = sign.sessionToken;
    }
    const reply = await agent.request({
      origin: emulator.url,
      method: method as Dispatcher.HttpMethod,
      path: target,
      headers: sent,
      body: body ?? null,
    });
    const bytes = Buffer.from(await reply.body.arrayBuffer());
    const text = bytes.toString("utf8");
    const isXml = String(reply.headers["content-type"]).startsWith("application/xml");
    return {
      status: reply.statusCode,
      headers: reply.headers as Record<string, string>,
      body: bytes,
      text,
      code: isXml ? elementOf(text, "Code") : undefined,
      element: (name) => elementOf(text, name),
    };
  }

  return {
    get emulator() {
      return emulator;
    },
    clock,
    dataDir,
    agent,
    ask,
    async restart() {
      await emulator.close();
      emulator = await start();
    },
    async close() {
      await agent.close();
      await emulator.close();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}
