/**
 * What a function on AWS Lambda writes for CloudWatch, by CloudWatch's names: one line an invocation, in its embedded metric format. What each
 * means, and which alarm is worth having, is in the catalogue beside this (a function's bundle has no room for it).
 */

/** The namespace of all of them. */
export const cloudWatchNamespace = "CosOriginals";
/** Their one dimension: the function's name, as AWS/Lambda's own metrics have it. */
export const cloudWatchDimension = "FunctionName";

/** By name: the unit. Counts are of one invocation, 0 among them. */
export const cloudWatchUnits = {
  RowsArchived: "Count",
  RowsSkipped: "Count",
  RowsFailed: "Count",
  ArchivedBytes: "Bytes",
  Retries: "Count",
  Throttled: "Count",
  ShardsHandedOver: "Count",
  ShardsTakenOver: "Count",
  MessagesGivenBack: "Count",
  MessagesRejected: "Count",
  RunsCompleted: "Count",
  RunsStopped: "Count",
} as const;
export type CloudWatchName = keyof typeof cloudWatchUnits;
