/**
 * The library: the handler of any queue's messages, what it needs of the world, and the parts it is made of. The queue shim is
 * the entry `cos-originals/queue`.
 */

export { readConfigFile } from "./config/file.ts";
export { readSettings, type Settings, type SettingsSources } from "./config/read.ts";
export { type BucketClient, type BucketClientOptions, createBucketClient } from "./cos/client.ts";
export {
  type CredentialsProvider,
  type Environment,
  environmentCredentials,
  staticCredentials,
} from "./cos/signing/credentials.ts";
export { type Emulator, type EmulatorOptions, startEmulator } from "./emulator/emulator.ts";
export type { RunRequest } from "./ledger/plan/request.ts";
export type { RunOptions } from "./ledger/plan/run-options.ts";
export type { Bucket, Headers, ListedObject, ListPage, ObjectInfo, ObjectResponse } from "./objects/bucket.ts";
export { CosError, isCosError } from "./objects/error.ts";
export type { Summary } from "./report/summary.ts";
export { createDeliveryHandler } from "./run/deliver/handle-delivery.ts";
export type { Answer, Delivery, HandleDelivery, Sender } from "./run/messages/delivery.ts";
export { type ManifestMessage, type Message, type Place, parseMessage } from "./run/messages/messages.ts";
export type { RunInput } from "./run/plan/begin-run.ts";
export type { Progress, Role, Surroundings } from "./run/surroundings/surroundings.ts";
export { type RunEnd, runHere } from "./run/work/run-here.ts";
export { createLambdaHandler, type LambdaContext, type LambdaParts } from "./runtime/function/lambda-handler.ts";
export { createScfHandler, type ScfContext, type ScfParts } from "./runtime/function/scf-handler.ts";
export { type OpenedSurroundings, surroundingsFromSettings } from "./runtime/settings/surroundings-from-settings.ts";
export { type Clock, type Random, systemClock } from "./vocabulary/clock.ts";
export { RefusedError, UserError } from "./vocabulary/errors.ts";
export { jsonLog, type Log, silentLog } from "./vocabulary/log.ts";
export { version } from "./vocabulary/version.ts";
