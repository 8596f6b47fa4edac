/** Which of the rows that a manifest or a listing brings are in scope. */
import { setting } from "./setting.ts";
import * as values from "./values.ts";

export const scopeSettings = {
  include: setting(values.globs, {
    group: "rows",
    placeholder: "GLOB",
    description: "only keys that match, by globs as rclone has them: *.jpg, /2026/**, {a,b}*",
    example: "*.jpg",
    repeatable: true,
  }),
  exclude: setting(values.globs, {
    group: "rows",
    placeholder: "GLOB",
    description: "no keys that match, whatever is included",
    example: "/drafts/**",
    repeatable: true,
  }),
  filter: setting(values.filterRules, {
    group: "rows",
    placeholder: "RULE",
    description:
      'rules in their order, "+ GLOB" or "- GLOB", before those of --exclude and --include: the first decides',
    example: "- /drafts/**",
    repeatable: true,
  }),
  newerThan: setting(values.since, {
    group: "rows",
    placeholder: "AGE|TIME",
    description: "only originals modified since: 36h, 2d, 2026-11-22, or a time with its zone",
    example: "2d",
  }),
  minSize: setting(values.bytes, {
    group: "rows",
    placeholder: "SIZE",
    description: "only originals of at least so many bytes: 500, 10k, 2M, 1G",
    example: "1k",
  }),
  maxSize: setting(values.bytes, {
    group: "rows",
    placeholder: "SIZE",
    description: "only originals of at most so many bytes",
    example: "32M",
  }),
  except: setting(values.storedManifest, {
    group: "rows",
    placeholder: "FILE",
    description: "no keys of this manifest: a file, or an object as cos://BUCKET-APPID/KEY",
    example: "done.csv",
  }),
  limit: setting(values.count(1, 1_000_000_000), {
    group: "rows",
    placeholder: "N",
    description: "at most so many rows, those that are unchanged not counted",
    example: "100",
  }),
} as const;
