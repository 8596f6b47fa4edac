/**
 * Read by the compiler only: this package and `@aws-sdk/client-sqs` accept each other's clients and commands. It fails to compile
 * where a type drifts apart.
 */
import * as aws from "@aws-sdk/client-sqs";
import * as shim from "../../src/queue/index.ts";

/** `A` is assignable to `B`. */
type Assignable<A extends B, B> = A;
type Holds<T extends true> = T;
type Mutual<A, B> = [A] extends [B]
  ? [B] extends [A]
    ? true
    : "the AWS type lacks something"
  : "the shim lacks something";

// Clients: each wherever the other's type is asked for. The AWS class has private members, so only its public part can be met.
export type Clients = [
  Assignable<aws.SQSClient, shim.QueueClient>,
  Assignable<shim.SQSClient, shim.QueueClient>,
  Assignable<shim.SQSClient, Pick<aws.SQSClient, "send" | "destroy">>,
];

// Inputs and outputs, both ways.
export type Shapes = [
  Holds<Mutual<aws.SendMessageCommandInput, shim.SendMessageCommandInput>>,
  Holds<Mutual<aws.SendMessageCommandOutput, shim.SendMessageCommandOutput>>,
  Holds<Mutual<aws.SendMessageBatchCommandInput, shim.SendMessageBatchCommandInput>>,
  Holds<Mutual<aws.SendMessageBatchCommandOutput, shim.SendMessageBatchCommandOutput>>,
  Holds<Mutual<aws.ReceiveMessageCommandInput, shim.ReceiveMessageCommandInput>>,
  Holds<Mutual<aws.ReceiveMessageCommandOutput, shim.ReceiveMessageCommandOutput>>,
  Holds<Mutual<aws.DeleteMessageCommandInput, shim.DeleteMessageCommandInput>>,
  Holds<Mutual<aws.DeleteMessageBatchCommandInput, shim.DeleteMessageBatchCommandInput>>,
  Holds<Mutual<aws.DeleteMessageBatchCommandOutput, shim.DeleteMessageBatchCommandOutput>>,
  Holds<Mutual<aws.ChangeMessageVisibilityCommandInput, shim.ChangeMessageVisibilityCommandInput>>,
  Holds<Mutual<aws.ChangeMessageVisibilityBatchCommandInput, shim.ChangeMessageVisibilityBatchCommandInput>>,
  Holds<Mutual<aws.ChangeMessageVisibilityBatchCommandOutput, shim.ChangeMessageVisibilityBatchCommandOutput>>,
  Holds<Mutual<aws.GetQueueUrlCommandInput, shim.GetQueueUrlCommandInput>>,
  Holds<Mutual<aws.GetQueueUrlCommandOutput, shim.GetQueueUrlCommandOutput>>,
  Holds<Mutual<aws.GetQueueAttributesCommandInput, shim.GetQueueAttributesCommandInput>>,
  Holds<Mutual<aws.GetQueueAttributesCommandOutput, shim.GetQueueAttributesCommandOutput>>,
  Holds<Mutual<aws.CreateQueueCommandInput, shim.CreateQueueCommandInput>>,
  Holds<Mutual<aws.CreateQueueCommandOutput, shim.CreateQueueCommandOutput>>,
  Holds<Mutual<aws.Message, shim.Message>>,
  Holds<Mutual<aws.MessageAttributeValue, shim.MessageAttributeValue>>,
];

// Constructors: a program that swaps the import still compiles, argument by argument.
type Constructor<Input> = new (input: Input) => { readonly input: Input };
export type Commands = [
  Assignable<typeof shim.SendMessageCommand, Constructor<aws.SendMessageCommandInput>>,
  Assignable<typeof shim.SendMessageBatchCommand, Constructor<aws.SendMessageBatchCommandInput>>,
  Assignable<typeof shim.ReceiveMessageCommand, Constructor<aws.ReceiveMessageCommandInput>>,
  Assignable<typeof shim.DeleteMessageCommand, Constructor<aws.DeleteMessageCommandInput>>,
  Assignable<typeof shim.DeleteMessageBatchCommand, Constructor<aws.DeleteMessageBatchCommandInput>>,
  Assignable<typeof shim.ChangeMessageVisibilityCommand, Constructor<aws.ChangeMessageVisibilityCommandInput>>,
  Assignable<
    typeof shim.ChangeMessageVisibilityBatchCommand,
    Constructor<aws.ChangeMessageVisibilityBatchCommandInput>
  >,
  Assignable<typeof shim.GetQueueUrlCommand, Constructor<aws.GetQueueUrlCommandInput>>,
  Assignable<typeof shim.GetQueueAttributesCommand, Constructor<aws.GetQueueAttributesCommandInput>>,
];

/** Either client with either package's commands; each result has the output's type, not `any`. */
export async function everyWay(awsClient: aws.SQSClient, shimClient: shim.SQSClient, either: shim.QueueClient) {
  const QueueUrl = "https://queue.example/1/q";
  const handled = { QueueUrl, ReceiptHandle: "r" };
  const hidden = { ...handled, VisibilityTimeout: 1 };
  const awsPublic: Pick<aws.SQSClient, "send"> = shimClient;
  const sent: (shim.SendMessageCommandOutput & aws.SendMessageCommandOutput)[] = [
    await awsClient.send(new shim.SendMessageCommand({ QueueUrl, MessageBody: "b" })),
    await shimClient.send(new aws.SendMessageCommand({ QueueUrl, MessageBody: "b" })),
    await either.send(new shim.SendMessageCommand({ QueueUrl, MessageBody: "b" })),
    await either.send(new aws.SendMessageCommand({ QueueUrl, MessageBody: "b" })),
    await awsPublic.send(new aws.SendMessageCommand({ QueueUrl, MessageBody: "b" })),
    await awsPublic.send(new shim.SendMessageCommand({ QueueUrl, MessageBody: "b" })),
  ];
  const received: (aws.Message[] | undefined)[] = [
    (await awsClient.send(new shim.ReceiveMessageCommand({ QueueUrl }))).Messages,
    (await shimClient.send(new aws.ReceiveMessageCommand({ QueueUrl }))).Messages,
    (await either.send(new shim.ReceiveMessageCommand({ QueueUrl }), { abortSignal: new AbortController().signal }))
      .Messages,
  ];
  const failed: (aws.BatchResultErrorEntry[] | undefined)[] = [
    (await awsClient.send(new shim.SendMessageBatchCommand({ QueueUrl, Entries: [] }))).Failed,
    (await shimClient.send(new aws.SendMessageBatchCommand({ QueueUrl, Entries: [] }))).Failed,
    (await awsClient.send(new shim.DeleteMessageBatchCommand({ QueueUrl, Entries: [] }))).Failed,
    (await shimClient.send(new aws.DeleteMessageBatchCommand({ QueueUrl, Entries: [] }))).Failed,
    (await awsClient.send(new shim.ChangeMessageVisibilityBatchCommand({ QueueUrl, Entries: [] }))).Failed,
    (await shimClient.send(new aws.ChangeMessageVisibilityBatchCommand({ QueueUrl, Entries: [] }))).Failed,
  ];
  const plain: aws.ChangeMessageVisibilityCommandOutput[] = [
    await awsClient.send(new shim.DeleteMessageCommand(handled)),
    await shimClient.send(new aws.DeleteMessageCommand(handled)),
    await awsClient.send(new shim.ChangeMessageVisibilityCommand(hidden)),
    await shimClient.send(new aws.ChangeMessageVisibilityCommand(hidden)),
  ];
  const urls: (string | undefined)[] = [
    (await awsClient.send(new shim.GetQueueUrlCommand({ QueueName: "q" }))).QueueUrl,
    (await shimClient.send(new aws.GetQueueUrlCommand({ QueueName: "q" }))).QueueUrl,
    (await awsClient.send(new shim.GetQueueAttributesCommand({ QueueUrl }))).Attributes?.QueueArn,
    (await shimClient.send(new aws.GetQueueAttributesCommand({ QueueUrl }))).Attributes?.QueueArn,
  ];
  shimClient.send(new aws.DeleteMessageCommand(handled), (error: unknown, data?: aws.DeleteMessageCommandOutput) => [
    error,
    data,
  ]);
  // @ts-expect-error A result is not `any`.
  const wrong: number = (await shimClient.send(new aws.ReceiveMessageCommand({ QueueUrl }))).Messages;
  // @ts-expect-error A command asks for its queue.
  new shim.SendMessageCommand({ MessageBody: "b" });
  return { sent, received, failed, plain, urls, wrong };
}
