/** Receipt handles of the embedded queue: they say which receive of which message they belong to, so none need be remembered. */
export interface Receipt {
  readonly queue: string;
  readonly messageId: string;
  /** Counts the receives of the message, from 1. */
  readonly receive: number;
}

export function receiptHandle({ queue, messageId, receive }: Receipt): string {
  return Buffer.from(`receipt ${queue} ${messageId} ${receive}`).toString("base64url");
}

/** undefined for a text that is no receipt handle. */
export function parseReceiptHandle(handle: string): Receipt | undefined {
  const match = /^receipt (\S+) (\S+) (\d+)$/.exec(Buffer.from(handle, "base64url").toString());
  if (!match) return undefined;
  const receipt = { queue: match[1] ?? "", messageId: match[2] ?? "", receive: Number(match[3]) };
  return receiptHandle(receipt) === handle ? receipt : undefined;
}
