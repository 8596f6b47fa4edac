/** A client of S3, and a server that answers it with replies that were written beforehand. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { onTestFinished } from "vitest";
import { awsEnvironmentCredentials } from "../../../src/credentials/aws-environment.ts";
import { createWireHttp } from "../../../src/http/wire/client.ts";
import { createS3Client } from "../../../src/stores/s3/client.ts";

export const env = {
  AWS_ACCESS_KEY_ID: "AKIAEXAMPLE",
  AWS_SECRET_ACCESS_KEY: "a-secret-of-s3",
  AWS_SESSION_TOKEN: "a-token",
};
export const now = Date.UTC(2026, 10, 29, 12);

export interface Reply {
  readonly status: number;
  readonly headers?: Record<string, string>;
  readonly body?: string | ((request: IncomingMessage) => string);
}

/** A client of a server that answers so, one reply after the other. */
export async function clientOf(...replies: readonly Reply[]) {
  const requests: IncomingMessage[] = [];
  const server = createServer((request: IncomingMessage, response: ServerResponse) => {
    request.resume().on("end", () => {
      const { status, headers = {}, body = "" } = replies[requests.length] ?? replies.at(-1) ?? { status: 500 };
      requests.push(request);
      response
        .writeHead(status, { date: new Date(now).toUTCString(), ...headers })
        .end(typeof body === "string" ? body : body(request));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  const client = createS3Client({
    bucket: "photo-archive",
    region: "eu-west-1",
    endpoint: `http://127.0.0.1:${port}`,
    credentials: awsEnvironmentCredentials(env),
    clock: { now: () => now },
    createHttp: createWireHttp,
  });
  onTestFinished(async () => {
    await client.close();
    server.close();
  });
  return { client, requests };
}

export const id = { "x-amz-request-id": "REQ1" };
export const refusal = (code: string, more = "") =>
  `<?xml version="1.0"?><Error><Code>${code}</Code><Message>no</Message>${more}<RequestId>REQ1</RequestId></Error>`;
export const listing = `<?xml version="1.0"?><ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><IsTruncated>false</IsTruncated></ListBucketResult>`;
export const md5OfBytes = "4b3a6218bb3e3a7303e8a171a60fcf92";
