/** The port behind the client: one function an SQS action, on plain inputs and outputs. */
import type * as shapes from "./shapes.ts";

/** Every action the shim knows, by its name on the wire. */
export interface Actions {
  SendMessage: { input: shapes.SendMessageCommandInput; output: shapes.SendMessageCommandOutput };
  SendMessageBatch: { input: shapes.SendMessageBatchCommandInput; output: shapes.SendMessageBatchCommandOutput };
  ReceiveMessage: { input: shapes.ReceiveMessageCommandInput; output: shapes.ReceiveMessageCommandOutput };
  DeleteMessage: { input: shapes.DeleteMessageCommandInput; output: shapes.DeleteMessageCommandOutput };
  DeleteMessageBatch: { input: shapes.DeleteMessageBatchCommandInput; output: shapes.DeleteMessageBatchCommandOutput };
  ChangeMessageVisibility: {
    input: shapes.ChangeMessageVisibilityCommandInput;
    output: shapes.ChangeMessageVisibilityCommandOutput;
  };
  ChangeMessageVisibilityBatch: {
    input: shapes.ChangeMessageVisibilityBatchCommandInput;
    output: shapes.ChangeMessageVisibilityBatchCommandOutput;
  };
  GetQueueUrl: { input: shapes.GetQueueUrlCommandInput; output: shapes.GetQueueUrlCommandOutput };
  GetQueueAttributes: { input: shapes.GetQueueAttributesCommandInput; output: shapes.GetQueueAttributesCommandOutput };
  CreateQueue: { input: shapes.CreateQueueCommandInput; output: shapes.CreateQueueCommandOutput };
  PurgeQueue: { input: shapes.PurgeQueueCommandInput; output: shapes.PurgeQueueCommandOutput };
  DeleteQueue: { input: shapes.DeleteQueueCommandInput; output: shapes.DeleteQueueCommandOutput };
}
/** An action's name on the wire. */
export type Action = keyof Actions;

/** For each action; also the list of what an unknown command is checked against. */
export const actions: { readonly [A in Action]: A } = {
  SendMessage: "SendMessage",
  SendMessageBatch: "SendMessageBatch",
  ReceiveMessage: "ReceiveMessage",
  DeleteMessage: "DeleteMessage",
  DeleteMessageBatch: "DeleteMessageBatch",
  ChangeMessageVisibility: "ChangeMessageVisibility",
  ChangeMessageVisibilityBatch: "ChangeMessageVisibilityBatch",
  GetQueueUrl: "GetQueueUrl",
  GetQueueAttributes: "GetQueueAttributes",
  CreateQueue: "CreateQueue",
  PurgeQueue: "PurgeQueue",
  DeleteQueue: "DeleteQueue",
};

/** What a call can be told beside its input. */
export interface CallOptions {
  /** Ends the call at once with an error named `AbortError`. */
  readonly abortSignal?: AbortSignal | undefined;
}

/**
 * Rejects with SQSServiceException for what the service refuses (`UnsupportedOperation` for what a transport lacks), with
 * QueueConnectionError where no answer came, with UserError for wrong settings, and with an AbortError.
 */
export type Transport = {
  readonly [A in Action]: (input: Actions[A]["input"], options: CallOptions) => Promise<Actions[A]["output"]>;
} & {
  /** Closes connections; calls under way end with an error. */
  destroy(): void;
};
