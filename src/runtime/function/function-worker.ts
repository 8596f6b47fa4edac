/**
 * What a function keeps from one invocation to the next. A platform reuses a process for hours: connections are worth
 * keeping, settings and credentials must not be frozen. So settings are read at every invocation, and what was built from
 * them is kept for as long as they say the same, and for as long as an invocation works with it.
 */
import { misspeltVariables, readSettings, type Settings } from "../../config/read.ts";
import { answerTo } from "../../run/deliver/handle-delivery.ts";
import type { HandleDelivery } from "../../run/messages/delivery.ts";
import type { Surroundings } from "../../run/surroundings/surroundings.ts";
import { ensureError, UserError } from "../../vocabulary/errors.ts";
import { unboundedRoles } from "../settings/allow-list.ts";
import { proxyNote } from "../settings/proxy-note.ts";
import {
  type OpenedSurroundings,
  surroundingsFromSettings,
  type World,
} from "../settings/surroundings-from-settings.ts";
import { keepInUse } from "./kept-in-use.ts";

/** What serves one invocation of a function. */
export interface FunctionWorker {
  readonly settings: Settings;
  readonly handle: HandleDelivery;
  /**
   * Called before a queue is polled, so that no message is received by who can't work any. Throws a UserError where requests to buckets can't be
   * signed; where they have to be looked up it rejects so. Absent: the first message finds out.
   */
  readonly checkCredentials?: (() => Promise<void> | undefined) | undefined;
  /** What the handler works with: for timers without a queue, which look for themselves what is to be done. Absent: they need one. */
  readonly surroundings?: Surroundings | undefined;
  /**
   * Called once by each invocation that asked for it, when it is over: connections of former settings are closed by the last that works with them.
   * Absent: there is nothing to close.
   */
  readonly done?: (() => void) | undefined;
}

/** What a platform says of its processes at each invocation. */
export interface Platform {
  /** Bytes that one may use. Absent: what its environment or its machine says. */
  readonly memory?: number | undefined;
}

/**
 * Makes what the doors ask for at each invocation: settings are read anew from the environment, and what was built from them is kept for as
 * long as they say the same. It throws UserError for settings that can't be.
 *
 * @example
 * ```ts
 * import { createDeliveryHandler, jsonLog, keepFunctionWorker, systemClock } from "cos-originals";
 *
 * const world = { environment: process.env, clock: systemClock, random: Math.random, log: jsonLog() };
 * const worker = keepFunctionWorker(world, createDeliveryHandler);
 * console.log(worker() === worker()); // prints true
 * ```
 */
export function keepFunctionWorker(
  world: World,
  createHandler: (surroundings: Surroundings) => HandleDelivery,
): (platform?: Platform) => FunctionWorker {
  const take = keepInUse<FunctionWorker & { readonly surroundings: OpenedSurroundings }>(
    ({ surroundings }) => void surroundings.close().catch(() => undefined),
  );
  return ({ memory = world.memory } = {}) => {
    const settings = readSettings({ environment: world.environment });
    return take(JSON.stringify(settings.values), (done) => {
      refuseFolders(settings);
      refuseOrigins(settings);
      for (const sentence of misspeltVariables(world.environment)) world.log.warn(sentence);
      const note = proxyNote(settings, world.environment);
      if (note !== undefined) world.log.info(note);
      const unbounded = unboundedRoles(settings);
      if (unbounded !== undefined) world.log.warn(`${unbounded}.`);
      const surroundings = surroundingsFromSettings(settings, { ...world, memory });
      const { checkCredentials } = surroundings;
      const handle = onceSigned(createHandler(surroundings), checkCredentials);
      return { settings, handle, checkCredentials, surroundings, done };
    });
  };
}

/** Files, commands and machines are a host's. */
function refuseOrigins(settings: Settings): void {
  for (const name of ["credentialsFrom", "archiveCredentialsFrom"] as const) {
    const kind = (settings.values[name] ?? "environment").split(":")[0] ?? "";
    if (["environment", "ssm", "secretsmanager"].includes(kind)) continue;
    const message = `${settings.said(name)} is not for functions, which are given credentials in their environment, or the name of a secret that AWS keeps; leave it out, or say ssm:NAME or secretsmanager:NAME.`;
    throw new UserError("InvalidSetting", message);
  }
}

/** Keys that have to be looked up are there before any row is begun: for want of them no run is halted. */
function onceSigned(handle: HandleDelivery, checkCredentials: OpenedSurroundings["checkCredentials"]): HandleDelivery {
  return async (delivery, sender) => {
    try {
      await checkCredentials();
    } catch (thrown) {
      return answerTo(ensureError(thrown));
    }
    return handle(delivery, sender);
  };
}

/** A function's disk is gone when it is, and another one's from the beginning. */
function refuseFolders(settings: Settings): void {
  for (const name of ["archive", "ledger"] as const) {
    if (settings.values[name]?.startsWith("file:") !== true) continue;
    const message = `${settings.said(name)} is a folder, and a function has no disk that outlives it; name a bucket, or run on one machine with cos-originals run.`;
    throw new UserError("InvalidSetting", message);
  }
}
