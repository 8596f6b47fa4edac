/**
 * What one invocation did, as a line of CloudWatch's embedded metric format: Lambda hands standard output to CloudWatch Logs, which makes metrics of
 * such lines; no request is sent, and no permission is needed. Specification: CloudWatch user guide, "Specification: Embedded metric format".
 */
import type { Clock } from "../../vocabulary/clock.ts";
import {
  type CloudWatchName,
  cloudWatchDimension,
  cloudWatchNamespace,
  cloudWatchUnits,
} from "../../vocabulary/metrics/cloudwatch.ts";
import type { InvocationCounts } from "./invocation.ts";

export function embeddedMetrics(
  counts: Readonly<InvocationCounts>,
  {
    functionName,
    requestId,
    clock,
  }: { readonly functionName: string; readonly requestId?: string | undefined; readonly clock: Pick<Clock, "now"> },
): string {
  const values: Readonly<Record<CloudWatchName, number>> = {
    RowsArchived: counts.archived,
    RowsSkipped: counts.skipped,
    RowsFailed: counts.failed,
    ArchivedBytes: counts.bytes,
    Retries: counts.retries,
    Throttled: counts.throttled,
    ShardsHandedOver: counts.handedOver,
    ShardsTakenOver: counts.takenOver,
    MessagesGivenBack: counts.givenBack,
    MessagesRejected: counts.rejected,
    RunsCompleted: counts.runsCompleted,
    RunsStopped: counts.runsStopped,
  };
  const Metrics = Object.entries(cloudWatchUnits).map(([Name, Unit]) => ({ Name, Unit }));
  const directive = { Namespace: cloudWatchNamespace, Dimensions: [[cloudWatchDimension]], Metrics };
  const document = {
    _aws: { Timestamp: clock.now(), CloudWatchMetrics: [directive] },
    [cloudWatchDimension]: functionName,
    requestId,
    ...values,
  };
  return `${JSON.stringify(document)}\n`;
}
