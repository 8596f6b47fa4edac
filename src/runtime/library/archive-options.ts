/** What archiveManifest is told: the settings of docs/cli.md by their names, as a program says them, and what a program has of its own. */
import type { Credentials, CredentialsProvider, Environment } from "../../credentials/credentials.ts";
import type { KeyEncoding, ManifestFormat } from "../../manifest/row.ts";
import type { Bucket } from "../../objects/bucket.ts";
import type { BucketPlace, Progress, Role } from "../../run/surroundings/surroundings.ts";
import type {
  archivedClassChoices,
  encryptions,
  expectations,
  ifChangedChoices,
  ifExistsChoices,
  proofFloors,
  RestoreTier,
  storageClasses,
} from "../../vocabulary/choices.ts";
import type { Clock, Random } from "../../vocabulary/clock.ts";
import type { Log } from "../../vocabulary/log.ts";

/** A row of a manifest: its key, or the key with what is known of the original, which saves a request. */
export type ManifestRow =
  | string
  | {
      /** The whole object key, as it is. */
      readonly key: string;
      readonly versionId?: string | undefined;
      /** Bytes. */
      readonly size?: number | undefined;
      readonly etag?: string | undefined;
      /** CRC-64/XZ, unsigned decimal. */
      readonly crc64?: string | undefined;
      /** Where to archive it, below the prefix of `archive`. */
      readonly archiveKey?: string | undefined;
      readonly storageClass?: string | undefined;
      /** ISO 8601. */
      readonly lastModified?: string | undefined;
    };

/** Which rows are archived: exactly one of `rows`, `manifest` and `list` is given. */
export interface ArchiveRows {
  /** Rows of the program itself. They are kept in a file until the run is planned, so there may be more of them than memory holds. */
  readonly rows?: Iterable<ManifestRow> | AsyncIterable<ManifestRow> | undefined;
  /** A file, or an object of a bucket as `cos://BUCKET-APPID/KEY`; an inventory's manifest.json is one. */
  readonly manifest?: string | undefined;
  /** What a listing of `source` finds; it needs `run`. */
  readonly list?: boolean | undefined;
  readonly format?: ManifestFormat | undefined;
  readonly keyEncoding?: KeyEncoding | undefined;
  /** Objects that a listing must find at least. Default 1. */
  readonly minRows?: number | undefined;
  /** Globs. */
  readonly include?: readonly string[] | undefined;
  readonly exclude?: readonly string[] | undefined;
  /** Rules, `+ GLOB` or `- GLOB`. */
  readonly filter?: readonly string[] | undefined;
  /** An age (`36h`), a day or a time. */
  readonly newerThan?: string | undefined;
  /** Bytes, or `10k`, `2M`. */
  readonly minSize?: number | string | undefined;
  readonly maxSize?: number | string | undefined;
  /** A manifest of what is left out: a file, or `cos://BUCKET-APPID/KEY`. */
  readonly except?: string | undefined;
  readonly limit?: number | undefined;
}

/** From where, to where, under which name. */
export interface ArchivePlaces {
  /** `cos://BUCKET-APPID[/PREFIX]` */
  readonly source: string;
  /** `cos://BUCKET-APPID[/PREFIX]`, `s3://BUCKET[/PREFIX]` or `file:///FOLDER` */
  readonly archive: string;
  /** Default: `.originals/` below `archive`. */
  readonly ledger?: string | undefined;
  readonly region?: string | undefined;
  readonly sourceRegion?: string | undefined;
  readonly archiveRegion?: string | undefined;
  readonly manifestRegion?: string | undefined;
  /** What is dialled instead of the service, `{bucket}` and `{region}` in it; of all, of the source, of archive and ledger. */
  readonly endpoint?: string | undefined;
  readonly sourceEndpoint?: string | undefined;
  readonly archiveEndpoint?: string | undefined;
  /** Hosts that may be dialled by plain http. */
  readonly allowHttp?: readonly string[] | undefined;
  /** Id of the run, `{date}` and `{time}` in it. Default: it follows from what is asked, so that the same call goes on with the same run. */
  readonly run?: string | undefined;
  readonly again?: boolean | undefined;
  readonly beside?: boolean | undefined;
}

/** How originals are archived; docs/cli.md has what each means. */
export interface ArchiveRules {
  readonly archiveKey?: string | undefined;
  readonly ifExists?: (typeof ifExistsChoices)[number] | undefined;
  readonly ifChanged?: (typeof ifChangedChoices)[number] | undefined;
  readonly archivedClass?: (typeof archivedClassChoices)[number] | undefined;
  readonly restoreTier?: RestoreTier | undefined;
  readonly restoreDays?: number | undefined;
  readonly proof?: (typeof proofFloors)[number] | undefined;
  readonly expect?: (typeof expectations)[number] | undefined;
  readonly history?: string | undefined;
  readonly storageClass?: (typeof storageClasses)[number] | undefined;
  readonly encryption?: (typeof encryptions)[number] | undefined;
  readonly maxAttempts?: number | undefined;
  /** Rows, or `5%`. */
  readonly maxFailures?: number | string | undefined;
  /** Rows; fewer are told of, and can be given up, sooner. Default 1000. */
  readonly shardSize?: number | undefined;
  readonly csvSafe?: boolean | undefined;
  /** A webhook, `sqs:URL` or `tdmq:URL`. */
  readonly events?: string | undefined;
  readonly notify?: string | undefined;
}

/** How this process works, and what the run may cost. */
export interface ArchivePace {
  /** Originals under way at once. Default `auto`. */
  readonly concurrency?: number | "auto" | undefined;
  /** Fetches a second. */
  readonly rate?: number | undefined;
  /** Bytes a second, or `10M`. */
  readonly bwlimit?: number | string | undefined;
  readonly maxInstances?: number | undefined;
  /** Of report.html. Default: what LC_ALL, LC_MESSAGES or LANG says, else `en`. */
  readonly lang?: "en" | "zh" | undefined;
  /** A file, of `doctor --probe --json`. */
  readonly findings?: string | undefined;
  readonly maxCost?: number | undefined;
  /** Bytes, or `500G`. */
  readonly maxBytes?: number | string | undefined;
  readonly priceCurrency?: string | undefined;
  readonly priceProcessing?: number | undefined;
  readonly freeProcessing?: number | undefined;
  readonly priceRequests?: number | undefined;
  readonly priceRestoreRequests?: number | undefined;
  readonly priceRestoreArchive?: number | undefined;
  readonly priceRestoreDeepArchive?: number | undefined;
  readonly priceTraffic?: number | undefined;
}

/** What the program has of its own. */
export interface ArchivePorts {
  /** No new row begins once it aborts; what is under way ends, within 25 seconds, and is recorded. The same call goes on with the run. */
  readonly signal?: AbortSignal | undefined;
  /** Is told of waits, retries and what else is worth a line. Default: nobody is. */
  readonly log?: Log | undefined;
  /** Called about four times a second. */
  readonly onProgress?: ((progress: Progress) => void) | undefined;
  /** What requests to COS are signed with. Default: TENCENTCLOUD_* of `environment`. */
  readonly credentials?: Credentials | CredentialsProvider | undefined;
  /** Those of archive and ledger, where they are in another account. Default: `credentials`, or else ORIGINALS_ARCHIVE_* of `environment`. */
  readonly archiveCredentials?: Credentials | CredentialsProvider | undefined;
  /**
   * A store of one's own: the bucket that stands at a place, for as long as the run lasts. What is undefined is opened as ever. It is asked often, and
   * is to answer with the same bucket.
   */
  readonly open?: ((role: Role, place: BucketPlace) => Bucket | undefined) | undefined;
  /** Credentials that are not given and proxies are read here; settings (ORIGINALS_*) are not. Default: process.env. */
  readonly environment?: Environment | undefined;
  readonly clock?: Clock | undefined;
  readonly random?: Random | undefined;
}

/** What archiveManifest is told. Everything beside the ports is a setting of docs/cli.md, by its name there, and means what it means there. */
export interface ArchiveOptions extends ArchivePlaces, ArchiveRows, ArchiveRules, ArchivePace, ArchivePorts {}
