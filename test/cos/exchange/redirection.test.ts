/** Catches: a redirection that is followed, retried or told without the region; a signature of its address in a message. */
import { describe, expect, onTestFinished, test } from "vitest";
import { createBucketClient } from "../../../src/cos/client.ts";
import { redirectionAdvice } from "../../../src/cos/exchange/redirection.ts";
import { staticCredentials } from "../../../src/credentials/credentials.ts";
import { systemClock } from "../../../src/vocabulary/clock.ts";
import { tinyServer } from "../../http/tiny-server.ts";

const elsewhere = "photos-1250000000.cos.ap-beijing.myqcloud.com";

describe("what to do about a redirection", () => {
  test.each([
    [`https://${elsewhere}/a.jpg?q-sign-algorithm=sha1&q-signature=hidden`, undefined, "the bucket is in ap-beijing"],
    [undefined, elsewhere, "the bucket is in ap-beijing"],
    ["/relative", `http://${elsewhere}`, "the bucket is in ap-beijing"],
    ["https://photos-1250000000.cos-internal.na-siliconvalley.tencentcos.cn/", undefined, "is in na-siliconvalley"],
    ["https://user:hidden@portal.example/login?next=hidden", undefined, "points to portal.example,"],
    ["no address", undefined, "check the region and the endpoint"],
    [undefined, "\u001b[2J", "check the region and the endpoint"],
    [undefined, undefined, "check the region and the endpoint"],
  ])("to %j, endpoint %j", (location, endpoint, says) => {
    const advice = redirectionAdvice(location, endpoint);
    expect(advice).toContain(says);
    expect(advice).toContain("never followed");
    expect(advice).not.toContain("hidden");
  });
});

describe.each([301, 302, 307, 308])("%i", (status) => {
  test.each(["get", "head", "put", "delete", "list", "createUpload"] as const)(
    "to a %s is told and not followed",
    async (call) => {
      const body = `<Error><Code>${status === 301 ? "PermanentRedirect" : "TemporaryRedirect"}</Code><Endpoint>${elsewhere}</Endpoint></Error>`;
      const server = await tinyServer(async (received, response) => {
        await received.body();
        response.writeHead(status, {
          location: `${server.origin}/elsewhere?q-signature=hidden`,
          "content-type": "application/xml",
        });
        response.end(received.method === "HEAD" ? undefined : body);
      });
      const client = createBucketClient({
        bucket: "photos-1250000000",
        region: "ap-guangzhou",
        endpoint: server.origin,
        credentials: staticCredentials({ secretId: "AKIDexample", secretKey: "secret" }),
        clock: systemClock,
      });
      onTestFinished(() => client.close());
      const calls = {
        get: () => client.get("a.jpg", { originImage: true }),
        head: () => client.head("a.jpg"),
        put: () => client.put("a.jpg", Buffer.from("a")),
        delete: () => client.delete("a.jpg"),
        list: () => client.list(),
        createUpload: () => client.createUpload("a.jpg"),
      };
      const error = await calls[call]().then(
        () => undefined,
        (thrown: unknown) => thrown,
      );
      expect(error).toMatchObject({ status, retryable: false, throttled: false });
      expect(["PermanentRedirect", "TemporaryRedirect"]).toContain((error as { code: string }).code);
      expect(String(error)).toContain("never followed");
      expect(String(error)).not.toContain("hidden");
      expect(server.requests).toHaveLength(1);
    },
  );
});
