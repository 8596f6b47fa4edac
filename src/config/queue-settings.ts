/** The queue that messages come from, and what they may name. */
import { type Setting, setting } from "./setting.ts";
import * as values from "./values.ts";

export const queueSettings = {
  allow: setting(values.allow, {
    group: "queue",
    onlyNamed: true,
    placeholder: "PLACES",
    description:
      "places that a message may name as source, archive, ledger, manifest or history, and who it may have told (events, notify), with * for any part (default: those that the settings name)",
    example: "archive=cos://archive-*/photos/",
    repeatable: true,
  }),
  queue: setting(values.queue, {
    group: "queue",
    onlyNamed: true,
    placeholder: "QUEUE",
    description: "the queue that carries the work: sqs:URL or tdmq:URL",
    example: "sqs:https://sqs.us-east-1.amazonaws.com/123456789012/originals",
  }),
  deadLetterQueue: setting(values.deadLetterQueue, {
    group: "queue",
    onlyNamed: true,
    placeholder: "QUEUE",
    description:
      "where messages go that can never be worked, each with the reason: sqs:URL or tdmq:URL (default: what the RedrivePolicy of --queue names)",
    example: "sqs:https://sqs.us-east-1.amazonaws.com/123456789012/originals-dead-letters",
  }),
  visibility: setting(values.count(30, 43_200), {
    group: "queue",
    placeholder: "SECONDS",
    description:
      "how long the queue hides a message while it is worked; of a TDMQ queue, which can't extend it, its own setting",
    example: "300",
    default: "300",
  }),
} as const satisfies Record<string, Setting<unknown>>;
