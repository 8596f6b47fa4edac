/** Events that bring a function one shard of a run that is planned, as the platforms bring them. */
import type { ShardMessage } from "../../src/run/messages/messages.ts";
import { type Facts, keyOf, type SizeLabel } from "./bodies.ts";
import type { Store } from "./part.ts";
import { entriesOf, ledgerPlace, openSurroundings, planRun } from "./planned-run.ts";

/** Plans a run of one shard in the store, of its first `rows` keys; the message that has it worked. */
export async function shardMessage(
  { talking, origin }: Store,
  { run, label, rows }: { readonly run: string; readonly label: SizeLabel; readonly rows: number },
): Promise<string> {
  const facts = await talking.ask<readonly Facts[]>({ order: "facts", label });
  const surroundings = openSurroundings(origin, 16);
  const rowOf = (index: number) => {
    const { size, etag } = facts[index % facts.length]!;
    return { key: keyOf(label, index), size, etag };
  };
  const { plan } = await planRun(
    {
      run,
      rows: { kind: "inline", digest: run, keys: [] },
      options: { ifExists: "overwrite" },
      entries: () => entriesOf(rows, rowOf),
    },
    surroundings,
  );
  await surroundings.close();
  const message: ShardMessage = { v: 1, type: "shard", ledger: ledgerPlace, run, plan, shard: 0, seq: 0 };
  return JSON.stringify(message);
}

export function sqsEvent(body: string) {
  const eventSourceARN = "arn:aws:sqs:us-east-1:123456789012:originals";
  return { Records: [{ messageId: "start", receiptHandle: "start", body, eventSource: "aws:sqs", eventSourceARN }] };
}
/** Lambda's answer to it where all is worked. */
export const sqsAnswer = '{"batchItemFailures":[]}';

/** What Lambda sets, with a queue that nothing is sent to. */
export const platformEnvironment = { AWS_REGION: "us-east-1", AWS_ENDPOINT_URL_SQS: "http://127.0.0.1:9" } as const;
