/**
 * The library: the handler of any queue's messages, what it needs of the world, and the parts it is made of. The queue shim is
 * the entry `cos-originals/queue`.
 */

export { type ConfigFile, readConfigFile } from "./config/file.ts";
export { readSettings, type Settings, type SettingsSources } from "./config/read.ts";
export type { SettingName, SettingValues } from "./config/settings.ts";
export type { CiBinding, CiStatus } from "./cos/ci-binding.ts";
export { type BucketClient, type BucketClientOptions, createBucketClient } from "./cos/client.ts";
export type { ExactReplies, ExactReply, ExactRequest } from "./cos/exact-reply.ts";
export type { OriginProtect } from "./cos/origin-protect.ts";
export type { SlimSetting, SmartCompression } from "./cos/smart-compression.ts";
export {
  type Credentials,
  type CredentialsProvider,
  type CredentialsTold,
  type Environment,
  staticCredentials,
} from "./credentials/credentials.ts";
export {
  type CredentialsPrefix,
  type EnvironmentCredentials,
  environmentCredentials,
} from "./credentials/environment.ts";
export {
  type BucketControl,
  type BucketOptions,
  type Emulator,
  type EmulatorCredentials,
  type EmulatorOptions,
  type Fault,
  type FaultableRequest,
  type FaultPlan,
  type Faults,
  type Operation,
  type ServedRequest,
  type StoredObject,
  type Switches,
  startEmulator,
} from "./emulator/emulator.ts";
export type { BucketSettings } from "./emulator/store/records.ts";
export type { Pair } from "./http/port/header-names.ts";
export type {
  CreateHttp,
  Http,
  HttpCaller,
  HttpOptions,
  HttpReply,
  HttpRequest,
  Lease as MemoryLease,
  Timeouts,
} from "./http/port/http.ts";
export type { RowsSource, RunRequest } from "./ledger/plan/request.ts";
export type { RunOptions } from "./ledger/plan/run-options.ts";
export type { ManifestEntry, Position, Row } from "./manifest/row.ts";
export type {
  Body,
  BodySource,
  BodyStream,
  Bucket,
  CopyOptions,
  GetOptions,
  Headers,
  HeadOptions,
  HeldBody,
  ListedObject,
  ListOptions,
  ListPage,
  ObjectInfo,
  ObjectResponse,
  PutOptions,
  UploadedPart,
} from "./objects/bucket.ts";
export { BucketError, type BucketErrorDetails, isBucketError } from "./objects/error.ts";
export type { StoreOffers } from "./objects/offers.ts";
export type { Summary } from "./report/summary.ts";
export { createDeliveryHandler } from "./run/deliver/handle-delivery.ts";
export type { Answer, Delivery, HandleDelivery, Sender } from "./run/messages/delivery.ts";
export {
  type ManifestMessage,
  type Message,
  type Place,
  parseMessage,
  type ReconcileMessage,
  type ShardMessage,
} from "./run/messages/messages.ts";
export type { RunInput } from "./run/plan/begin-run.ts";
export type { Compared, PlanEntries, PlanEntry, ReadUpTo } from "./run/plan/entry.ts";
export { newRequest, type RunDescription } from "./run/plan/new-request.ts";
export { type ReadingPlace, rowsOf } from "./run/plan/rows.ts";
export type { BucketPlace, Progress, Role, Surroundings, WorkSettings } from "./run/surroundings/surroundings.ts";
export type { WorkerIdentity } from "./run/surroundings/worker-identity.ts";
export type { Polled } from "./run/work/poll-queue.ts";
export { type RunEnd, type RunHereOptions, runHere } from "./run/work/run-here.ts";
export type { Ticked } from "./run/work/tick.ts";
export { type FunctionWorker, keepFunctionWorker } from "./runtime/function/function-worker.ts";
export {
  createLambdaHandler,
  type LambdaAnswer,
  type LambdaContext,
  type LambdaParts,
  type SqsBatchResponse,
} from "./runtime/function/lambda-handler.ts";
export { createScfHandler, type ScfContext, type ScfParts, type ScfResult } from "./runtime/function/scf-handler.ts";
export { type ArchiveRun, archiveManifest, type RowOutcome } from "./runtime/library/archive-manifest.ts";
export type {
  ArchiveOptions,
  ArchivePace,
  ArchivePlaces,
  ArchivePorts,
  ArchiveRows,
  ArchiveRules,
  ManifestRow,
} from "./runtime/library/archive-options.ts";
export { runOptionsOf } from "./runtime/settings/manifest-message.ts";
export {
  type OpenBucket,
  type OpenedSurroundings,
  type Signers,
  surroundingsFromSettings,
  type World,
} from "./runtime/settings/surroundings-from-settings.ts";
export type { StoreClient } from "./stores/open.ts";
export type { Address, OtherStore } from "./vocabulary/address.ts";
export { type Clock, type Random, systemClock } from "./vocabulary/clock.ts";
export type { Code } from "./vocabulary/codes/catalogue.ts";
export { RefusedError, UserError } from "./vocabulary/errors.ts";
export { jsonLog, type Log, silentLog } from "./vocabulary/log.ts";
export { version } from "./vocabulary/version.ts";
