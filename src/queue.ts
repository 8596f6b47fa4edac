/** The queue shim, `cos-originals/queue`: the names of `@aws-sdk/client-sqs`, over any SQS-compatible queue, TDMQ-CMQ, or memory. */
export * from "./queue/index.ts";
