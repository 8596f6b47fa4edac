/** The client of `@aws-sdk/client-sqs`, over any transport. */
import type { Clock, Random } from "../vocabulary/clock.ts";
import { quote } from "../vocabulary/errors.ts";
import { AbortError, serviceException } from "./api/error.ts";
import type { MetadataBearer } from "./api/shapes.ts";
import { type Action, type Actions, actions, type CallOptions, type Transport } from "./api/transport.ts";
import type { QueueCommand } from "./commands.ts";
import type { CredentialsSource } from "./transports/aws-settings.ts";
import { createSqsJsonTransport } from "./transports/sqs-json.ts";

/**
 * Every member may be absent: then region, endpoint and credentials are the environment's, as the AWS tools name them (AWS_REGION,
 * AWS_ENDPOINT_URL_SQS, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN), read anew at each request.
 */
export interface SQSClientConfig {
  /** AWS's name of it, or a function that is asked for it; an amazonaws.com queue URL tells its own. */
  readonly region?: string | (() => Promise<string>) | undefined;
  /** Dialled in place of the queue URL's host. */
  readonly endpoint?: string | undefined;
  /** Keys, or a function asked before each request; the environment's where absent. */
  readonly credentials?: CredentialsSource | undefined;
  /** How actions are carried out; SQS JSON 1.0 over HTTPS, as configured by the other settings, where absent. */
  readonly transport?: Transport | undefined;
  /** Hosts, besides loopback, that may be spoken to over plain http. */
  readonly allowHttp?: readonly string[] | undefined;
  readonly clock?: Clock | undefined;
  readonly random?: Random | undefined;
}

type Input = Actions[Action]["input"];
type Output = Actions[Action]["output"];

/** What code that uses a queue asks for: the client below satisfies it, and so does the AWS package's. */
export interface QueueClient {
  send<I extends Input, O extends Output>(command: QueueCommand<I, O>, options?: SendOptions): Promise<O>;
  destroy(): void;
}

/** What `send` can be told beside the command. */
export interface SendOptions {
  abortSignal?: AbortSignal;
}

type Callback<O> = (error: unknown, data?: O) => void;

/**
 * The client of `@aws-sdk/client-sqs`: code written for that one works with this one by changing the import. Failures that may pass
 * are tried again, three tries in all.
 *
 * @example
 * ```ts
 * import { createMemoryQueues, ReceiveMessageCommand, SendMessageCommand, SQSClient } from "cos-originals/queue";
 * import { systemClock } from "cos-originals";
 *
 * // Without a transport it speaks to SQS itself: new SQSClient({ region: "eu-west-1" })
 * const transport = createMemoryQueues({ clock: systemClock });
 * const QueueUrl = transport.createQueue("originals");
 * const client = new SQSClient({ transport });
 *
 * await client.send(new SendMessageCommand({ QueueUrl, MessageBody: "hello" }));
 * const { Messages = [] } = await client.send(new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 1 }));
 * console.log(Messages[0]?.Body); // prints hello
 * client.destroy();
 * ```
 */
export class SQSClient implements QueueClient {
  readonly #transport: Transport;

  constructor(config: SQSClientConfig = {}) {
    this.#transport = config.transport ?? createSqsJsonTransport(config);
  }

  /**
   * Sends a command of this package or of the AWS one. Rejects with SQSServiceException, QueueConnectionError, UserError
   * (settings), or an error named AbortError.
   */
  send<I extends object, O extends MetadataBearer>(command: QueueCommand<I, O>, options?: SendOptions): Promise<O>;
  send<I extends object, O extends MetadataBearer>(command: QueueCommand<I, O>, callback: Callback<O>): void;
  send<I extends object, O extends MetadataBearer>(
    command: QueueCommand<I, O>,
    options: SendOptions,
    callback: Callback<O>,
  ): void;
  send<I extends object, O extends MetadataBearer>(
    command: QueueCommand<I, O>,
    optionsOrCallback: SendOptions | Callback<O> = {},
    callback?: Callback<O>,
  ): Promise<O> | undefined {
    const options = typeof optionsOrCallback === "function" ? {} : optionsOrCallback;
    const done = typeof optionsOrCallback === "function" ? optionsOrCallback : callback;
    const sent = this.#send(command, options);
    if (done === undefined) return sent;
    sent.then(
      (output) => done(null, output),
      (error: unknown) => done(error),
    );
    return undefined;
  }

  async #send<I extends object, O extends MetadataBearer>(
    command: QueueCommand<I, O>,
    options: CallOptions,
  ): Promise<O> {
    const name = actionOf(command);
    const action = Object.hasOwn(actions, name) ? actions[name as Action] : undefined;
    if (action === undefined) {
      throw serviceException("UnsupportedOperation", `This queue client has no action named ${quote(name)}.`);
    }
    if (options.abortSignal?.aborted) throw new AbortError(options.abortSignal);
    // The command's class ties I and O to its action; here only the name is left of that tie.
    const carryOut = this.#transport[action] as unknown as (input: I, options: CallOptions) => Promise<O>;
    return carryOut(command.input, options);
  }

  /** Closes its connections; calls under way end with an error. */
  destroy(): void {
    this.#transport.destroy();
  }
}

/** A command's action: told by this package's commands, in the schema of the AWS package's, or in the class's name. */
function actionOf(command: object): string {
  if ("action" in command && typeof command.action === "string") return command.action;
  if ("schema" in command && Array.isArray(command.schema) && typeof command.schema[2] === "string") {
    return command.schema[2];
  }
  return command.constructor.name.replace(/Command$/, "");
}
