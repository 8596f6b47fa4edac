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

export class SendMessageCommand extends command("SendMessage") {}
export class SendMessageBatchCommand extends command("SendMessageBatch") {}
export class ReceiveMessageCommand extends command("ReceiveMessage") {}
export class DeleteMessageCommand extends command("DeleteMessage") {}
export class DeleteMessageBatchCommand extends command("DeleteMessageBatch") {}
export class ChangeMessageVisibilityCommand extends command("ChangeMessageVisibility") {}
export class ChangeMessageVisibilityBatchCommand extends command("ChangeMessageVisibilityBatch") {}
export class GetQueueUrlCommand extends command("GetQueueUrl") {}
export class GetQueueAttributesCommand extends command("GetQueueAttributes") {}
export class CreateQueueCommand extends command("CreateQueue") {}
export class PurgeQueueCommand extends command("PurgeQueue") {}
export class DeleteQueueCommand extends command("DeleteQueue") {}
