/** The world of a command: this process's environment and clock, its terminal's log, and who signs by its settings. */
import type { Settings } from "../../../config/read.ts";
import { systemClock } from "../../../vocabulary/clock.ts";
import type { Log } from "../../../vocabulary/log.ts";
import type { AllSigners, World } from "../../settings/surroundings-from-settings.ts";
import { signersOf } from "./signers.ts";

export interface CommandWorld extends World {
  readonly credentials: AllSigners;
}

/** One of each command's settings: buckets and queues share who signs, so that keys are looked up once. */
const worlds = new WeakMap<Settings, CommandWorld>();

export function commandWorld(settings: Settings, log: Log): CommandWorld {
  const known = worlds.get(settings);
  if (known !== undefined) return known;
  const world = { environment: process.env, clock: systemClock, random: Math.random, log };
  const whole = { ...world, credentials: signersOf(settings, world) };
  worlds.set(settings, whole);
  return whole;
}
