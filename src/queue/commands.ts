/**
 * The commands of `@aws-sdk/client-sqs`. A command is its input and the name of its action; this package's client hands
 * both to a transport. Sent through the AWS client instead, it becomes the AWS command of the same name.
 */
import type * as shapes from "./api/shapes.ts";
import type { Action, Actions } from "./api/transport.ts";

/** The part of a command that both packages' clients and commands agree on. */
export interface QueueCommand<Input extends object, Output extends shapes.MetadataBearer> {
  readonly input: Input;
  resolveMiddleware(
    stack: never,
    configuration: never,
    options: never,
  ): (args: { input: Input }) => Promise<{ response: unknown; output: Output }>;
}

/** Through a variable, so that a bundler leaves the optional package where it is. */
const awsPackage = "@aws-sdk/client-sqs";

type AwsCommandClass = new (input: object) => QueueCommand<object, shapes.MetadataBearer>;

async function awsCommand(action: Action, input: object): Promise<QueueCommand<object, shapes.MetadataBearer>> {
  const aws = (await import(awsPackage)) as Readonly<Record<string, AwsCommandClass | undefined>>;
  const Class = aws[`${action}Command`];
  if (Class === undefined) throw new Error(`The installed ${awsPackage} has no ${action}Command.`);
  return new Class(input);
}

function command<A extends Action>(action: A) {
  type Input = Actions[A]["input"];
  type Output = Actions[A]["output"];
  return class {
    /** The action's name on the wire. */
    readonly action = action;
    readonly input: Input;
    /** Declared for the AWS client's types; nothing reads it. */
    declare readonly middlewareStack: never;

    constructor(input: Input) {
      this.input = input;
    }

    /** Called by the AWS client only, when this command is sent through it: its caller has that package installed. */
    resolveMiddleware(stack: never, configuration: never, options: never) {
      return async (args: { input: Input }): Promise<{ response: unknown; output: Output }> => {
        const handler = (await awsCommand(action, args.input)).resolveMiddleware(stack, configuration, options);
        return (await handler({ input: args.input })) as { response: unknown; output: Output };
      };
    }
  };
}

/** Sends one message (API_SendMessage). */
export class SendMessageCommand extends command("SendMessage") {}
/** Sends up to ten messages; each succeeds or fails by itself (API_SendMessageBatch). */
export class SendMessageBatchCommand extends command("SendMessageBatch") {}
/** Receives up to ten messages, and hides them from other receivers for a while (API_ReceiveMessage). */
export class ReceiveMessageCommand extends command("ReceiveMessage") {}
/** Deletes a message that was received: it never comes again (API_DeleteMessage). */
export class DeleteMessageCommand extends command("DeleteMessage") {}
/** Deletes up to ten messages (API_DeleteMessageBatch). */
export class DeleteMessageBatchCommand extends command("DeleteMessageBatch") {}
/** Hides a message that was received for longer, or gives it back (API_ChangeMessageVisibility). Not on TDMQ. */
export class ChangeMessageVisibilityCommand extends command("ChangeMessageVisibility") {}
/** The same for up to ten messages (API_ChangeMessageVisibilityBatch). Not on TDMQ. */
export class ChangeMessageVisibilityBatchCommand extends command("ChangeMessageVisibilityBatch") {}
/** Tells a queue's URL by its name (API_GetQueueUrl). */
export class GetQueueUrlCommand extends command("GetQueueUrl") {}
/** Tells a queue's settings and how many messages are in it (API_GetQueueAttributes). Not on TDMQ. */
export class GetQueueAttributesCommand extends command("GetQueueAttributes") {}
/** Creates a queue (API_CreateQueue). Not on TDMQ. */
export class CreateQueueCommand extends command("CreateQueue") {}
/** Deletes every message of a queue (API_PurgeQueue). Not on TDMQ. */
export class PurgeQueueCommand extends command("PurgeQueue") {}
/** Deletes a queue (API_DeleteQueue). Not on TDMQ. */
export class DeleteQueueCommand extends command("DeleteQueue") {}
