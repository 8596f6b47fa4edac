/** What the settings ask of a run: its options, and the manifest message that a schedule stands for. */
import type { Settings } from "../../config/read.ts";
import { type RunOptions, runOptionsSchema } from "../../ledger/plan/run-options.ts";
import { rulesOf } from "../../policy/scope/filter.ts";
import { type ManifestMessage, versionFor } from "../../run/messages/messages.ts";
import { UserError } from "../../vocabulary/errors.ts";
import { archivePlace, historyOf, ledgerPlace, manifestObject, sourcePlace } from "./places.ts";

/** What the settings say of which rows are in scope; absent is what they say nothing of. */
function scopeOptionsOf({ values }: Settings): Partial<RunOptions> {
  const { newerThan, minSize, maxSize, limit } = values;
  const filter = rulesOf(values);
  return { ...(filter.length === 0 ? undefined : { filter: [...filter] }), newerThan, minSize, maxSize, limit };
}

/** What the settings say of how rows are archived. */
export function runOptionsOf(settings: Settings): RunOptions {
  const { values } = settings;
  const { archiveKey, proof, ifExists, ifChanged, maxAttempts, shardSize } = values;
  return runOptionsSchema.parse({
    archiveKey,
    proof,
    expect: values.expect,
    ifExists,
    ifChanged,
    maxAttempts,
    shardSize,
    // Absent is the default: then any version of the tool can read the run.
    archivedClass: values.archivedClass === "fail" ? undefined : values.archivedClass,
    ...(values.archivedClass === "restore"
      ? { restoreTier: values.restoreTier, restoreDays: values.restoreDays }
      : undefined),
    csvSafe: values.csvSafe ? true : undefined,
    history: historyOf(settings),
    storageClass: values.storageClass,
    encryption: values.encryption,
    maxFailures: values.maxFailures,
    events: values.events,
    notify: values.notify,
    maxCost: values.maxCost,
    maxBytes: values.maxBytes,
    ...scopeOptionsOf(settings),
  });
}

/**
 * The message of a schedule that fired at `scheduledAt` (ISO 8601): archive the manifest that the settings name, or else
 * what a listing of the source finds. Its time names the run, so that a schedule delivered twice continues one run.
 */
export function scheduledMessage(settings: Settings, scheduledAt: string): ManifestMessage {
  const source = sourcePlace(settings);
  const [archive, ledger] = [archivePlace(settings), ledgerPlace(settings)];
  const shared = {
    v: versionFor(archive, ledger),
    type: "manifest",
    scheduledAt,
    source,
    archive,
    ledger,
    options: runOptionsOf(settings),
    ...exceptReference(settings),
  } as const;
  const manifest = manifestReference(settings);
  if (manifest !== undefined) return { ...shared, manifest };
  // Workers of other versions need not know it where nobody says it.
  const least = settings.given("minRows") ? { minRows: settings.values.minRows } : undefined;
  return { ...shared, prefix: source.prefix, ...least };
}

/** The message of a manifest that was just stored in a bucket. */
export function storedManifestMessage(
  settings: Settings,
  stored: { readonly bucket: string; readonly region: string; readonly key: string },
): ManifestMessage {
  const { format, keyEncoding } = settings.values;
  const [archive, ledger] = [archivePlace(settings), ledgerPlace(settings)];
  return {
    v: versionFor(archive, ledger),
    type: "manifest",
    source: sourcePlace(settings),
    archive,
    ledger,
    manifest: { ...stored, format, keyEncoding },
    options: runOptionsOf(settings),
    ...exceptReference(settings),
  };
}

/** Its format is told by its name. */
function exceptReference(settings: Settings): Pick<ManifestMessage, "except"> {
  if (settings.values.except === undefined) return {};
  const object = manifestObject(settings, "except");
  if (object === undefined) throw notInBucket(settings, "except");
  return { except: object };
}

function manifestReference(settings: Settings): ManifestMessage["manifest"] {
  const { manifest, format, keyEncoding } = settings.values;
  if (manifest === undefined) return undefined;
  const object = manifestObject(settings);
  if (object === undefined) throw notInBucket(settings, "manifest");
  return { ...object, format, keyEncoding };
}

const notInBucket = (settings: Settings, name: "manifest" | "except") =>
  new UserError(
    "InvalidSetting",
    `${settings.said(name)} is no object in a bucket, and a function has no files; name it as cos://BUCKET-APPID/KEY.`,
  );
