/**
 * A bad night of the embedded COS, from a seed: every fault that it knows, on every request in turn, and every doubtful behaviour turned to
 * its other settings for one request, each at a low rate. What it did to a row's requests is kept, so that a row that fails can be asked why.
 */
import type { Emulator, Fault, FaultableRequest, Operation, Switches } from "../../src/emulator/emulator.ts";

export type Random = () => number;

/** Where a request goes: what a summary counts apart. */
export type Side = "source" | "archive" | "ledger";

export interface Weather {
  /** Requests by side and operation, as in `source object.original`. */
  readonly requests: ReadonlyMap<string, number>;
  /** Those of them whose connection was reset: on a kept one they are sent again at once, and not counted by who sent them. */
  readonly resets: ReadonlyMap<string, number>;
  /** How often each fault, and each switch, was met. */
  readonly met: ReadonlyMap<string, number>;
  /** What a row met that may have ended it, or used up its tries. */
  blows(key: string): readonly string[];
  /** No more of it. */
  end(): void;
}

interface Gust {
  readonly name: string;
  readonly on: (side: Side, operation: Operation) => boolean;
  readonly fault: (random: Random) => Fault | readonly Fault[];
  /** May end the row by itself. What may not is a matter of more tries. */
  readonly ends?: boolean;
  /** Of a hundred: how often it comes when it is drawn; 100 where not said. Those that hold a request for a minute are rare. */
  readonly percent?: number;
}

const any = () => true;
const originals = (_: Side, operation: Operation) => operation === "object.original";
const rows = (side: Side, operation: Operation) => side !== "ledger" && operation.startsWith("object.");
const pick = <T>(of: readonly T[], random: Random): T => of[Math.floor(random() * of.length)] as T;
const upTo = (most: number, random: Random) => Math.floor(random() * (most + 1));

const gusts: readonly Gust[] = [
  {
    name: "error that passes",
    on: any,
    fault: (random) => ({
      kind: "error",
      code: pick(["SlowDown", "InternalError", "ServiceUnavailable", "RequestTimeout", "KmsInternalException"], random),
      status: pick([500, 503], random),
      ...(random() < 0.3 ? { headers: { "retry-after": "1" } } : undefined),
    }),
  },
  {
    name: "error of a row",
    on: rows,
    ends: true,
    fault: (random) => ({
      kind: "error",
      code: pick(["AccessDenied", "NoSuchKey", "NobodyKnowsThis", "InvalidRequest"], random),
      status: pick([400, 403, 404, 451], random),
    }),
  },
  {
    name: "error-with-200",
    on: any,
    fault: (random) => ({ kind: "error-with-200", code: "InternalError", after: random() < 0.5 }),
  },
  { name: "placeholder", on: originals, ends: true, fault: () => ({ kind: "placeholder" }) },
  { name: "reset before", on: any, fault: () => ({ kind: "reset", when: "before" }) },
  { name: "reset after", on: any, fault: () => ({ kind: "reset", when: "after" }) },
  { name: "reset-body", on: any, fault: (random) => ({ kind: "reset-body", afterBytes: upTo(500, random) }) },
  {
    name: "truncate",
    on: rows,
    fault: (random) => ({
      kind: "truncate",
      bytes: upTo(300, random),
      contentLength: pick(["announced", "adjusted"], random),
    }),
  },
  { name: "flip", on: originals, fault: (random) => ({ kind: "flip", offset: -1 - upTo(200, random) }) },
  { name: "slow", on: any, fault: (random) => ({ kind: "slow", bytes: 512 + upTo(4_000, random), ms: 20 }) },
  { name: "stall", on: any, percent: 20, fault: (random) => ({ kind: "stall", afterBytes: upTo(100, random) }) },
  { name: "delay", on: any, fault: (random) => ({ kind: "delay", ms: upTo(3_000, random) }) },
  { name: "hang", on: any, percent: 20, fault: () => ({ kind: "hang" }) },
  { name: "clock-skew", on: any, fault: (random) => ({ kind: "clock-skew", ms: pick([-1, 1], random) * 3_600_000 }) },
  { name: "no service's name", on: any, fault: () => headers({ "x-cos-request-id": null, "x-ci-request-id": null }) },
  { name: "nothing of the object", on: any, fault: () => headers({ etag: null, "x-cos-hash-crc64ecma": null }) },
  { name: "no length", on: rows, fault: () => headers({ "content-length": null }) },
  { name: "no date", on: any, fault: () => headers({ date: null }) },
  { name: "slimmed", on: originals, ends: true, fault: () => headers({ "x-slimflag": "1" }) },
  {
    name: "X-ErrNo",
    on: originals,
    fault: (random) => headers({ "x-errno": pick(["-29214", "-901", "-164", "-12345"], random) }),
  },
  { name: "not to be kept", on: any, fault: () => headers({ connection: "close" }) },
];

function headers(set: Readonly<Record<string, string | null>>): Fault {
  return { kind: "headers", set };
}

interface Turned {
  readonly changes: Partial<Switches>;
  /** On whose requests it may end the row. */
  readonly ends?: Gust["on"];
  /** What brings the changed behaviour about. */
  readonly with?: Fault;
}

const heads = (side: Side, operation: Operation) => side === "source" && operation === "object.head";
const skewed: Fault = { kind: "clock-skew", ms: 3_600_000 };

/** Every switch in its other settings. A budget below one refuses the request. */
export const turned: readonly Turned[] = [
  { changes: { signedPlainGetOfProtected: "allow" } },
  { changes: { headOfProtected: "refuse" }, ends: heads },
  { changes: { headOfProtected: "refuse", protectionSendsErrNo: false }, ends: heads },
  { changes: { headOfProtected: "refuse", protectionStatusFor154: 400 }, ends: heads },
  { changes: { headOfProtected: "refuse", protectionCode: "PermissionDenied" }, ends: heads },
  { changes: { headOfProtected: "refuse", protectionMessage: "Forbidden." }, ends: heads },
  { changes: { copyOfProtected: "refuse" } },
  { changes: { styleParameter: "ignored" } },
  { changes: { originImageNamesRequest: "ci" } },
  { changes: { originImageNamesRequest: "none" } },
  { changes: { originImageOfOthers: "refuse" }, ends: originals },
  { changes: { ciBound: false }, ends: originals },
  { changes: { suffixCaseSensitive: true } },
  { changes: { adHocProcessing: "process" } },
  { changes: { anonymousOriginImage: "allow" } },
  { changes: { originImageSendsEtag: false } },
  { changes: { originImageSendsCrc64: false } },
  { changes: { originImageSendsEtag: false, originImageSendsCrc64: false } },
  { changes: { originImageSendsMeta: false } },
  { changes: { originImageSendsLastModified: false } },
  { changes: { originImageSendsContentLength: false } },
  { changes: { originImageHonoursRange: false } },
  { changes: { originImageHonoursVersionId: false } },
  { changes: { originImageHonoursConditions: false } },
  { changes: { originImageMaxBytes: 1 }, ends: originals },
  { changes: { emptyOriginImage: "refuse" }, ends: originals },
  { changes: { originImageRequestsPerSecond: 0.5 } },
  // No row of it restores anything.
  { changes: { restoreSeconds: 1 } },
  { changes: { fourXxDisplay: "placeholder" } },
  { changes: { fourXxDisplay: "placeholder", placeholderSendsErrNo: false } },
  { changes: { smartCompression: "plain" } },
  { changes: { smartCompression: "every" }, ends: originals },
  { changes: { bucketRequestsPerSecond: 0.5 } },
  { changes: { bucketRequestsPerSecond: 0.5, slowDownRetryAfter: 1 } },
  { changes: { unlistedParametersAccepted: false } },
  { changes: { expiredSignatureCode: "Request has expired" }, with: skewed },
  { changes: { namesAsMessage: true }, with: skewed },
  { changes: { earlySignatureToleranceSeconds: 7_200 }, with: { kind: "clock-skew", ms: -3_600_000 } },
  { changes: { plusInQueryMeansSpace: false } },
  { changes: { listLagMs: 5_000 } },
  { changes: { oldObjectsWithoutCrc64: true } },
  { changes: { encryptedEtag: "opaque" } },
];

const count = (counter: Map<string, number>, name: string) => counter.set(name, (counter.get(name) ?? 0) + 1);

export interface WeatherOptions {
  readonly emulator: Emulator;
  readonly random: Random;
  /** Of a request to meet a fault, and of one to meet a turned switch. */
  readonly faultRate: number;
  readonly switchRate: number;
  readonly sideOf: (request: FaultableRequest) => Side;
  /** The key of the row that the request is about. */
  readonly rowOf: (request: FaultableRequest) => string;
}

export function beginWeather({ emulator, random, faultRate, switchRate, sideOf, rowOf }: WeatherOptions): Weather {
  const calm = emulator.switches;
  const requests = new Map<string, number>();
  const resets = new Map<string, number>();
  const met = new Map<string, number>();
  const blows = new Map<string, string[]>();
  /** Turned for the request that comes next, which has read it when the plan is asked about that. */
  let now: Turned | undefined;

  const struck = (request: FaultableRequest, by: string) => {
    const key = rowOf(request);
    const before = blows.get(key);
    if (before === undefined) blows.set(key, [by]);
    else before.push(by);
  };
  const meets = (side: Side, request: FaultableRequest, name: string, ends: boolean) => {
    count(met, name);
    if (side !== "ledger") struck(request, ends ? `${name}, which ends it` : name);
  };

  const end = emulator.faults.use((request) => {
    const side = sideOf(request);
    const { operation } = request;
    const asked = `${side} ${operation}`;
    count(requests, asked);
    const over = now;
    now = undefined;
    if (over !== undefined) {
      emulator.turn(calm);
      for (const name of Object.keys(over.changes)) meets(side, request, name, over.ends?.(side, operation) === true);
    }
    if (random() < switchRate) {
      now = pick(turned, random);
      emulator.turn(now.changes);
    }
    if (over?.with !== undefined) return over.with;
    if (random() >= faultRate) return undefined;
    const gust = pick(
      gusts.filter(({ on }) => on(side, operation)),
      random,
    );
    if (random() * 100 >= (gust.percent ?? 100)) return undefined;
    meets(side, request, gust.name, gust.ends === true);
    if (gust.name.startsWith("reset ")) count(resets, asked);
    return gust.fault(random);
  });
  return {
    requests,
    resets,
    met,
    blows: (key) => blows.get(key) ?? [],
    end() {
      end();
      emulator.turn(calm);
    },
  };
}

/** Of all gusts. */
export const gustNames: readonly string[] = gusts.map(({ name }) => name);
