/** From settings to buckets: which bucket, which region, which prefix. */
import { readBucketUrl } from "../../config/bucket-url.ts";
import type { Settings } from "../../config/read.ts";
import { flagOf, type SettingName } from "../../config/settings.ts";
import { prefixIn } from "../../policy/places.ts";
import type { Place } from "../../run/messages/messages.ts";
import { defaultLedger } from "../../run/surroundings/open-ledger.ts";
import { type Address, otherStores, parseAddress, printAddress } from "../../vocabulary/address.ts";
import { quote, UserError } from "../../vocabulary/errors.ts";
import { asFolder, isHistory } from "../../vocabulary/names.ts";

export function sourcePlace(settings: Settings): Place {
  return place(settings, "source", ["sourceRegion", "region"]);
}

export function archivePlace(settings: Settings): Place {
  return place(settings, "archive", ["archiveRegion", "region"]);
}

/** The ledger's own address, else `.originals/` below the archive. Its prefix is a folder: it ends in `/`. */
export function ledgerPlace(settings: Settings): Place {
  if (settings.values.ledger !== undefined) {
    const ledger = place(settings, "ledger", ["archiveRegion", "region"]);
    return { ...ledger, prefix: asFolder(ledger.prefix) };
  }
  return defaultLedger(archivePlace(settings));
}

/** What keys of the archive's bucket begin with where replaced objects are kept; undefined where they are not. */
export function historyOf(settings: Settings): string | undefined {
  const text = settings.values.history;
  if (text === undefined) return undefined;
  if (!/^[a-z][a-z\d]*:\/\//i.test(text)) return asFolder(text);
  const archive = archivePlace(settings);
  const prefix = prefixIn(archive, parseAddress(text, flagOf("history"), storesOf.archive));
  if (prefix !== undefined && isHistory(asFolder(prefix))) return asFolder(prefix);
  const bucket = printAddress({ ...archive, prefix: "" });
  throw new UserError(
    "InvalidSetting",
    `${settings.said("history")} is ${quote(text)}, which is no folder of keys in the archive's bucket ${bucket}: the store itself makes the copies, within that bucket; write it as history/.`,
  );
}

/** The object that `--manifest cos://…` names, or `--except`; undefined where it names a file or standard input. */
export function manifestObject(
  settings: Settings,
  name: "manifest" | "except" = "manifest",
): { bucket: string; region: string; key: string } | undefined {
  if (!settings.values[name]?.startsWith("cos://")) return undefined;
  const { bucket, region, prefix } = place(settings, name, ["manifestRegion", "sourceRegion", "region"]);
  return { bucket, region, key: prefix };
}

function place(
  settings: Settings,
  name: "source" | "archive" | "ledger" | "manifest" | "except",
  regions: readonly ("region" | "sourceRegion" | "archiveRegion" | "manifestRegion")[],
): Place {
  const text = settings.values[name];
  if (text === undefined) throw missing(name);
  return placeAt(settings, parseAddress(text, flagOf(name), storesOf[name]), settings.said(name), regions);
}

/** Where something goes that is no setting: a COS bucket is in the region of `--source`, one of S3 in that of `--archive`. */
export function destinationPlace(settings: Settings, text: string, flag: string): Place {
  const url = readBucketUrl(text);
  if (url !== undefined && "fault" in url)
    throw new UserError("InvalidAddress", `${flag} ${quote(text.replace(/[?#].*$/s, "?…"))} ${url.fault}.`);
  const address = parseAddress(url?.address ?? text, flag, ["cos", ...otherStores]);
  if (url?.region !== undefined) return { ...address, region: url.region };
  return placeAt(settings, address, flag, address.store === undefined ? ["sourceRegion", "region"] : ["archiveRegion"]);
}

function placeAt(
  settings: Settings,
  address: Address,
  said: string,
  regions: readonly ("region" | "sourceRegion" | "archiveRegion" | "manifestRegion")[],
): Place {
  if (address.store === "file") return { ...address, region: "local" };
  const own = address.store === undefined ? regions : regions.filter((candidate) => candidate !== "region");
  const from = own.find((candidate) => settings.values[candidate] !== undefined);
  const region = from === undefined ? undefined : settings.values[from];
  if (region === undefined) {
    const flags = own.toReversed().map(flagOf).join(" or ");
    const example =
      address.store === undefined ? `${flagOf("region")} ap-guangzhou` : `${flagOf("archiveRegion")} us-east-1`;
    throw new UserError(
      "MissingSetting",
      `The region of ${said} is not known; say it with ${flags}, for example ${example}.`,
    );
  }
  return { ...address, region };
}

/** Originals are read from COS alone, and so are manifests. */
const storesOf = {
  source: ["cos"],
  manifest: ["cos"],
  except: ["cos"],
  archive: ["cos", ...otherStores],
  ledger: ["cos", ...otherStores],
} as const;

function missing(name: SettingName): UserError {
  const what = { source: "which bucket holds the originals", archive: "where to archive them" } as const;
  const why = name === "source" || name === "archive" ? ` (${what[name]})` : "";
  return new UserError(
    "MissingSetting",
    `${flagOf(name)} is missing${why}; say it as ${flagOf(name)} cos://BUCKET-APPID/PREFIX, in the environment, or in a --config file.`,
  );
}
