/**
 * An SQS server on this machine, to try queues with: fauxqs, which is no dependency, since hardly anybody who installs this package needs
 * one. It keeps messages in memory, and takes any signature.
 */
import { randomUUID } from "node:crypto";
import { ensureError, UserError } from "../../../vocabulary/errors.ts";

export interface LocalQueue {
  /** `http://127.0.0.1:9324` */
  readonly endpoint: string;
  /** As `--queue` takes it: `sqs:http://…/originals` */
  readonly queue: string;
  /** Where messages go that were received ten times, or can never be worked. */
  readonly deadLetterQueue: string;
  close(): Promise<void>;
}

/** Known to everybody; the server takes any. */
export const localKeys = { accessKeyId: "local", secretAccessKey: "local" };
export const localRegion = "us-east-1";
const name = "originals";
const deadLetters = "originals-dead-letters";
/** As serverless.yml says it. */
const maxReceiveCount = 10;

/** Header of the requests that make the queues. */
const OURS = "x-cos-originals";

/** The server's package: what is used of it. */
export type LoadQueueServer = () => Promise<typeof import("fauxqs")>;

/**
 * Throws UserError `PackageMissing` where fauxqs is not installed, `PortInUse`.
 * @param port 0 for any that is free
 */
export async function openLocalQueue(
  port: number,
  host: string,
  load: LoadQueueServer = () => import("fauxqs"),
): Promise<LocalQueue> {
  const { buildApp } = await load().catch((thrown: unknown) => {
    throw missing(thrown);
  });
  const app = buildApp({ logger: false, defaultRegion: localRegion });
  const ours = randomUUID();
  let open: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  // Who polls while it comes back would else hear that there is no such queue, and end.
  app.addHook("onRequest", async ({ headers }) => {
    if (headers[OURS] !== ours) await opened;
  });
  try {
    await app.listen({ port, host });
  } catch (thrown) {
    await app.close();
    if ((thrown as NodeJS.ErrnoException).code !== "EADDRINUSE") throw thrown;
    const sentence = `The queue cannot listen on ${host}:${port}: the port is in use; name another with --queue-port, or 0 for any.`;
    throw new UserError("PortInUse", sentence, { cause: thrown });
  }
  const listening = app.server.address();
  const at = `${host.includes(":") ? `[${host}]` : host}:${typeof listening === "object" ? listening?.port : port}`;
  const create = async (queue: object) => {
    const type = { "content-type": "application/x-amz-json-1.0", "x-amz-target": "AmazonSQS.CreateQueue" };
    const headers = { host: at, [OURS]: ours, ...type };
    const { statusCode, body } = await app.inject({
      method: "POST",
      url: "/",
      headers,
      payload: JSON.stringify(queue),
    });
    if (statusCode !== 200) throw new Error(`The queue on ${at} could not be made: ${body}`);
  };
  try {
    await create({ QueueName: deadLetters });
    const deadLetterTargetArn = `arn:aws:sqs:${localRegion}:000000000000:${deadLetters}`;
    const Attributes = { RedrivePolicy: JSON.stringify({ deadLetterTargetArn, maxReceiveCount }) };
    await create({ QueueName: name, Attributes });
  } catch (thrown) {
    await app.close();
    throw thrown;
  } finally {
    open();
  }
  const endpoint = `http://${at}`;
  const queueOf = (queue: string) => `sqs:${endpoint}/000000000000/${queue}`;
  return { endpoint, queue: queueOf(name), deadLetterQueue: queueOf(deadLetters), close: () => app.close() };
}

function missing(thrown: unknown): Error {
  const error = ensureError(thrown);
  const notFound = "code" in error && error.code === "ERR_MODULE_NOT_FOUND" && error.message.includes("fauxqs");
  if (!notFound) return error;
  return new UserError(
    "PackageMissing",
    "emulator --queue needs the package fauxqs, which is not installed where cos-originals is: npm install fauxqs brings it.",
    { cause: error },
  );
}
