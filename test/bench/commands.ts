/** Whole commands that copy the keys of a manifest from the store to the store: this project's, and rclone's. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { bucketsOf, credentials } from "./bodies.ts";
import { TRUSTED } from "./listen.ts";
import { environmentOf } from "./planned-run.ts";

export interface CopyCommand {
  readonly name: CommandName;
  readonly says: string;
  readonly command: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

export const commandNames = ["run", "run-keys", "run-best", "rclone", "rclone-best"] as const;
export type CommandName = (typeof commandNames)[number];

export const isOurs = (name: CommandName): boolean => name.startsWith("run");

export interface CommandPlace {
  /** Of the store. */
  readonly origin: string;
  /** The checkout's dist/. */
  readonly dist: string;
  /** For what lies on a disk. */
  readonly folder: string;
  /** Before the name of ours, `--cpu-prof` say. */
  readonly nodeFlags: readonly string[];
  /** How many at once where a tool is told. */
  readonly atOnce: number;
}

export const manifestFile = "keys.csv";
export const keysFile = "keys.txt";

/** `rclone v1.60.1-DEV`; undefined where there is none. */
export function rcloneVersion(): string | undefined {
  const { status, stdout } = spawnSync("rclone", ["version"], { encoding: "utf8" });
  return status === 0 ? stdout.split("\n")[0] : undefined;
}

/**
 * Each by its default and at its best. rclone's best: what is at the archive is neither listed nor looked at, before or after; its two
 * remotes are of one store, and it copies through itself. Of ours a manifest that tells sizes and ETags, as an inventory does; `run-keys`
 * is told keys alone, as rclone is; the best is not asked to skip what is there.
 */
export function commandsAt({ origin, dist, folder, nodeFlags, atOnce }: CommandPlace): readonly CopyCommand[] {
  const places = [`--source=cos://${bucketsOf.source}`, `--archive=cos://${bucketsOf.archive}`];
  const run = (name: CommandName, says: string, manifest: string, ...more: readonly string[]): CopyCommand => ({
    name,
    says,
    command: [
      ...[process.execPath, ...nodeFlags, join(dist, "cli.js"), "run", ...places],
      ...["--manifest", join(folder, manifest), ...more],
    ],
    environment: environmentOf(origin),
  });
  const rclone = (name: CommandName, says: string, ...more: readonly string[]): CopyCommand => ({
    name,
    says,
    command: [
      ...["rclone", "copy", `source:${bucketsOf.source}`, `archive:${bucketsOf.archive}`],
      ...["--files-from-raw", join(folder, keysFile), ...more],
    ],
    environment: rcloneEnvironment(origin, folder),
  });
  const at = String(atOnce);
  return [
    run("run", "its default, a CSV of keys, sizes and ETags", manifestFile),
    run("run-keys", "its default, keys alone", keysFile),
    run(
      "run-best",
      `--if-exists overwrite --concurrency ${at}`,
      manifestFile,
      "--if-exists=overwrite",
      "--concurrency",
      at,
    ),
    rclone("rclone", "its default"),
    rclone(
      "rclone-best",
      `--transfers ${at}, nothing looked at but the source`,
      ...["--transfers", at, "--checkers", at, "--no-traverse", "--no-check-dest"],
      ...["--s3-no-head", "--s3-no-check-bucket"],
    ),
  ];
}

/** Two remotes, by which rclone knows source and archive for two stores, and copies nothing inside of one. */
function rcloneEnvironment(origin: string, folder: string): Readonly<Record<string, string>> {
  const trusted = process.env[TRUSTED];
  const remote = (name: string) => ({
    [`RCLONE_CONFIG_${name}_TYPE`]: "s3",
    [`RCLONE_CONFIG_${name}_PROVIDER`]: "Other",
    [`RCLONE_CONFIG_${name}_ENDPOINT`]: origin,
    [`RCLONE_CONFIG_${name}_ACCESS_KEY_ID`]: credentials.secretId,
    [`RCLONE_CONFIG_${name}_SECRET_ACCESS_KEY`]: credentials.secretKey,
  });
  return {
    // None of its own, or it would say at each start that it found none.
    RCLONE_CONFIG: join(folder, "rclone.conf"),
    HOME: folder,
    ...(trusted === undefined ? {} : { RCLONE_CA_CERT: trusted }),
    ...remote("SOURCE"),
    ...remote("ARCHIVE"),
  };
}
