/** The AWS package's client, or any other that knows a queue by its URL alone, as one that finds what a service calls it (api/own-urls.ts). */
import { createOwnUrls } from "./api/own-urls.ts";
import type { MetadataBearer } from "./api/shapes.ts";
import { type QueueClient, type SendOptions, SQSClient } from "./client.ts";
import { GetQueueUrlCommand, type QueueCommand } from "./commands.ts";

/** One for each client, so that what was found out is known to all who use it. */
const made = new WeakMap<QueueClient, QueueClient>();

/** The client itself where it is this package's, whose transports do so of themselves. */
export function withOwnUrls(client: QueueClient): QueueClient {
  if (client instanceof SQSClient) return client;
  const known = made.get(client);
  if (known !== undefined) return known;
  const urls = createOwnUrls();
  const finding: QueueClient = {
    send(command, options: SendOptions = {}) {
      const { input } = command;
      if (!("QueueUrl" in input) || typeof input.QueueUrl !== "string") return client.send(command, options);
      const find = async (QueueName: string) =>
        (await client.send(new GetQueueUrlCommand({ QueueName }), options)).QueueUrl;
      return urls.through(input.QueueUrl, (url) => client.send(sentTo(url, command), options), find);
    },
    destroy: () => client.destroy(),
  };
  made.set(client, finding);
  made.set(finding, finding);
  return finding;
}

/** The command, of whichever package, with another queue's URL. */
function sentTo<I extends object, O extends MetadataBearer>(
  url: string,
  command: QueueCommand<I, O>,
): QueueCommand<I, O> {
  if ("QueueUrl" in command.input && command.input.QueueUrl === url) return command;
  const Command = command.constructor as new (input: I) => QueueCommand<I, O>;
  return new Command({ ...command.input, QueueUrl: url });
}
