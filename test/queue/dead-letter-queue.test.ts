import { expect, it } from "vitest";
import { deadLetterQueueOf, type QueueClient, queueUrlBeside } from "../../src/queue/index.ts";

it.each([
  ["https://sqs.eu-west-1.amazonaws.com/123456789012/work", "https://sqs.eu-west-1.amazonaws.com/123456789012/dead"],
  [
    "https://sqs.cn-north-1.amazonaws.com.cn/123456789012/originals/",
    "https://sqs.cn-north-1.amazonaws.com.cn/123456789012/dead",
  ],
  ["http://127.0.0.1:4566/000000000000/work", "http://127.0.0.1:4566/000000000000/dead"],
  ["http://sqs.us-east-1.localhost:4566/000000000000/work", "http://sqs.us-east-1.localhost:4566/000000000000/dead"],
  ["http://mq.example/queue/work", "http://mq.example/queue/dead"],
  ["memory:work", "memory:dead"],
])("beside %s lies %s", (work, dead) => {
  expect(queueUrlBeside(work, "dead")).toBe(dead);
});

const saying = (RedrivePolicy: string | undefined) =>
  ({
    send: async () => ({ Attributes: RedrivePolicy === undefined ? undefined : { RedrivePolicy }, $metadata: {} }),
    destroy() {},
  }) as unknown as QueueClient;

it.each([
  ['{"deadLetterTargetArn":"arn:aws:sqs:eu-west-1:123456789012:dead","maxReceiveCount":10}', "https://host/1/dead"],
  [
    '{"deadLetterTargetArn":"arn:aws-cn:sqs:cn-north-1:123456789012:d.fifo","maxReceiveCount":"5"}',
    "https://host/1/d.fifo",
  ],
  [undefined, undefined],
  ["", undefined],
  ["null", undefined],
  ["{", undefined],
  ["{}", undefined],
  ['{"deadLetterTargetArn":"https://evil.example/1/dead"}', undefined],
  ['{"deadLetterTargetArn":"arn:aws:sqs:eu-west-1:1:../../other"}', undefined],
  ['{"deadLetterTargetArn":"arn:aws:sns:eu-west-1:1:topic"}', undefined],
])("the RedrivePolicy %s names %s", async (policy, url) => {
  expect(await deadLetterQueueOf(saying(policy), "https://host/1/work")).toBe(url);
});
