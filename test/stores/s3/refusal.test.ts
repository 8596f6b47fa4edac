/** Catches: a refusal of S3, or of a service that speaks its protocol, that has another name here than what follows from it, or no advice in it. */
import type { IncomingMessage } from "node:http";
import { describe, expect, test } from "vitest";
import { cosErrorOf } from "../../cos/thrown-by.ts";
import { clientOf, env, id, listing, now, refusal } from "./answers.ts";

describe("a refusal", () => {
  test.each([
    [
      { status: 412, headers: id, body: refusal("PreconditionFailed", "<Condition>If-None-Match</Condition>") },
      "FileAlreadyExists",
      409,
      false,
    ],
    [{ status: 412, headers: id, body: "" }, "FileAlreadyExists", 409, false],
    [
      { status: 409, headers: id, body: refusal("ConditionalRequestConflict") },
      "ConditionalRequestConflict",
      409,
      true,
    ],
    [{ status: 503, headers: id, body: refusal("SlowDown") }, "SlowDown", 503, true],
    [{ status: 400, headers: id, body: refusal("RequestTimeout") }, "RequestTimeout", 400, true],
    [{ status: 400, headers: id, body: refusal("BadDigest") }, "BadDigest", 400, false],
    [{ status: 403, headers: id, body: refusal("AccessDenied") }, "AccessDenied", 403, false],
    [{ status: 403, headers: id, body: refusal("RequestTimeTooSkewed").slice(0, 40) }, "MalformedReply", 403, true],
    [{ status: 404, headers: id, body: refusal("NoSuchBucket") }, "NoSuchBucket", 404, false],
    [{ status: 501, headers: id, body: refusal("NotImplemented") }, "NotImplemented", 501, false],
    [{ status: 200, headers: id, body: refusal("InternalError") }, "InternalError", 200, true],
  ] as const)("%j is %s", async (reply, code, status, retryable) => {
    const { client } = await clientOf(reply);
    const error = await cosErrorOf(client.put("k", Buffer.from("bytes"), { forbidOverwrite: true }));
    expect(error).toMatchObject({ code, status, retryable, throttled: code === "SlowDown" });
  });

  test("tells the region that the bucket is in", async () => {
    const body = refusal("AuthorizationHeaderMalformed", "<Region>eu-central-1</Region>");
    const { client } = await clientOf({ status: 400, headers: id, body });
    expect((await cosErrorOf(client.head("k"))).message).toContain("400");
    const { client: other } = await clientOf({ status: 400, headers: id, body });
    expect((await cosErrorOf(other.get("k"))).message).toContain("--archive-region eu-central-1");
  });

  test("keeps its name where a service escapes no ampersand in it", async () => {
    const body = refusal("InvalidArgument", "<Resource>a&b=1</Resource>");
    const { client } = await clientOf({ status: 400, headers: id, body });
    expect((await cosErrorOf(client.get("k"))).code).toBe("InvalidArgument");
  });

  test("holds nothing that it was signed with", async () => {
    const signatureOf = ({ headers }: IncomingMessage) =>
      /Signature=([0-9a-f]+)/.exec(headers.authorization ?? "")?.[1];
    const body = (request: IncomingMessage) =>
      `<Error><Code>SignatureDoesNotMatch</Code><Message>${Object.values(env).join(" ")} ${signatureOf(request)}</Message></Error>`;
    const { client, requests } = await clientOf({ status: 403, headers: id, body });
    const { message } = await cosErrorOf(client.get("k"));
    const signature = requests.map(signatureOf)[0];
    expect(signature).toHaveLength(64);
    for (const secret of [...Object.values(env), signature]) expect(message).not.toContain(secret);
  });

  test("for the clock is made good by the service's own", async () => {
    const date = new Date(now + 3_600_000).toUTCString();
    const { client, requests } = await clientOf(
      { status: 403, headers: { ...id, date }, body: refusal("RequestTimeTooSkewed") },
      { status: 200, headers: id, body: listing },
    );
    expect(await cosErrorOf(client.list())).toMatchObject({ code: "RequestTimeTooSkewed", retryable: true });
    await client.list();
    expect(requests.map(({ headers }) => headers["x-amz-date"])).toEqual(["20261129T120000Z", "20261129T130000Z"]);
  });
});

describe("a refusal as other services have it", () => {
  const elsewhere = { ...id, "x-amz-bucket-region": "eu-central-1" };

  test.each([
    // MinIO answered so until 2024, against RFC 9110.
    [{ status: 304, headers: id }, "FileAlreadyExists", 409, false, false],
    [{ status: 501, headers: id }, "NotImplemented", 501, false, false],
    [
      { status: 400, headers: id, body: refusal("InvalidArgument", "<ArgumentName>If-None-Match</ArgumentName>") },
      "NotImplemented",
      400,
      false,
      false,
    ],
    [{ status: 400, headers: id, body: refusal("InvalidArgument") }, "InvalidArgument", 400, false, false],
    [{ status: 503, headers: id }, "SlowDown", 503, true, true],
    [{ status: 503, headers: id, body: refusal("SlowDownWrite") }, "SlowDownWrite", 503, true, true],
    [{ status: 503, headers: id, body: refusal("ServiceUnavailable") }, "ServiceUnavailable", 503, true, false],
    [{ status: 429, headers: id, body: refusal("TooManyRequests") }, "TooManyRequests", 429, true, true],
    [{ status: 400, headers: id, body: refusal("ThrottlingException") }, "ThrottlingException", 400, true, true],
    [{ status: 405, headers: id }, "MethodNotAllowed", 405, false, false],
    [{ status: 400, headers: elsewhere }, "AuthorizationHeaderMalformed", 400, false, false],
    [{ status: 400, headers: { ...id, "x-amz-bucket-region": "eu-west-1" } }, "BadRequest", 400, true, false],
  ] as const)("%j is %s", async (reply, code, status, retryable, throttled) => {
    const { client } = await clientOf(reply);
    const error = await cosErrorOf(client.put("k", Buffer.from("bytes"), { forbidOverwrite: true }));
    expect(error).toMatchObject({ code, status, retryable, throttled });
  });

  test.each([
    [{ status: 400, headers: elsewhere }, "the bucket is in eu-central-1: say --archive-region eu-central-1"],
    [{ status: 301, headers: elsewhere }, "the bucket is in eu-central-1: say --archive-region eu-central-1"],
  ])("%j to a HEAD, which has no document, tells where the bucket is", async (reply, said) => {
    const { client } = await clientOf(reply);
    expect((await cosErrorOf(client.head("k"))).message).toContain(said);
  });

  test.each([
    [
      "TemporaryRedirect",
      307,
      "<Endpoint>a.s3-eu-west-3.amazonaws.com</Endpoint>",
      "the bucket is at a.s3-eu-west-3.amazonaws.com",
    ],
    ["TemporaryRedirect", 307, "", "begin again in some minutes"],
    ["InvalidRegionName", 400, "", "--archive-region"],
    ["MissingContentMD5", 400, "", "whose Object Lock retains nothing by default"],
    ["SecondLevelDomainForbidden", 403, "", "--archive-endpoint https://{bucket}.HOST"],
  ])("%s says what to do", async (code, status, more, said) => {
    const { client } = await clientOf({ status, headers: id, body: refusal(code, more) });
    expect((await cosErrorOf(client.list())).message).toContain(said);
  });

  test("of Object Lock is told from others that have its name", async () => {
    const body = (message: string) => refusal("InvalidRequest").replace(">no<", `>${message}<`);
    const locked =
      "Content-MD5 OR x-amz-checksum- HTTP header is required for Put Object requests with Object Lock parameters";
    const { client } = await clientOf({ status: 400, headers: id, body: body(locked) });
    const error = await cosErrorOf(client.put("k", Buffer.from("bytes")));
    expect(error).toMatchObject({ code: "ChecksumRequired", status: 400, retryable: false });
    const { client: other } = await clientOf({ status: 400, headers: id, body: body("Unsupported class") });
    expect(await cosErrorOf(other.put("k", Buffer.from("bytes")))).toMatchObject({ code: "InvalidRequest" });
  });
});
