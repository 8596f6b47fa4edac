/**
 * The library: the handler of any queue's messages, what it needs of the world, and the parts it is made of. The queue shim is
 * the entry `cos-originals/queue`.
 */
export { type Clock, type Random, systemClock } from "./clock.ts";
export { readConfigFile } from "./config/file.ts";
export { readSettings, type Settings, type SettingsSources } from "./config/read.ts";
export type { Bucket, Headers, ListedObject, ListPage, ObjectInfo, ObjectResponse } from "./cos/bucket.ts";
export { type BucketClient, type BucketClientOptions, createBucketClient } from "./cos/client.ts";
export {
  type CredentialsProvider,
  type Environment,
  environmentCredentials,
  staticCredentials,
} from "./cos/credentials.ts";
export { CosError, isCosError } from "./cos/error.ts";
export { type Emulator, type EmulatorOptions, startEmulator } from "./emulator/emulator.ts";
export { RefusedError, UserError } from "./errors.ts";
export type { RunOptions, RunRequest } from "./ledger/run-document.ts";
export { jsonLog, type Log, silentLog } from "./log.ts";
export type { Summary } from "./report/summary.ts";
export type { Answer, Delivery, HandleDelivery, Sender } from "./run/delivery.ts";
export { createDeliveryHandler } from "./run/handle-delivery.ts";
export { type ManifestMessage, type Message, type Place, parseMessage } from "./run/messages.ts";
export { type RunAsk, type RunEnd, runHere } from "./run/run-here.ts";
export type { Progress, Role, Surroundings } from "./run/surroundings.ts";
export { createLambdaHandler, type LambdaContext, type LambdaParts } from "./runtime/lambda-handler.ts";
export { createScfHandler, type ScfContext, type ScfParts } from "./runtime/scf-handler.ts";
export { type OpenedSurroundings, surroundingsFromSettings } from "./runtime/surroundings-from-settings.ts";
export { version } from "./version.ts";
