/** Catches: a signature that no receiver's library takes, a secret that is weak or shown, and a change of secrets that loses events. */
import { createHmac } from "node:crypto";
import { describe, expect, test } from "vitest";
import { readSecrets, signatureOf } from "../../src/events/webhook-signature.ts";

const secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

describe("a webhook's signature", () => {
  test("is that of the vector which the libraries of Standard Webhooks hold", () => {
    const signed = { id: "msg_p5jXN8AQM9LWM0D4loKWxJek", timestamp: 1614265330, body: '{"test": 2432232314}' };
    expect(signatureOf(readSecrets(secret), signed)).toBe("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
  });

  test("is of the bytes of UTF-8, by the key that base64 stands for", () => {
    const key = Buffer.alloc(32, 7);
    const body = '[{"subject":"夏天.png"}]';
    const byHand = createHmac("sha256", key)
      .update(Buffer.from(`msg_1.1700000000.${body}`, "utf8"))
      .digest("base64");
    const [read] = readSecrets(`whsec_${key.toString("base64")}`);
    expect(read?.equals(key)).toBe(true);
    expect(signatureOf([key], { id: "msg_1", timestamp: 1_700_000_000, body })).toBe(`v1,${byHand}`);
  });

  test("is one for each secret while they are changed", () => {
    const other = `whsec_${Buffer.alloc(24, 1).toString("base64")}`;
    const signed = { id: "msg_1", timestamp: 1, body: "{}" };
    const [one, two] = [secret, other].map((each) => signatureOf(readSecrets(each), signed));
    expect(signatureOf(readSecrets(`${secret} ${other}`), signed)).toBe(`${one} ${two}`);
  });
});

describe("a secret", () => {
  test.each([undefined, "", "  "])("that is not set (%s) is asked for, with how to make one", (text) => {
    expect(() => readSecrets(text)).toThrow(
      /^Webhooks are signed, and ORIGINALS_WEBHOOK_SECRET is not set; .*openssl rand/,
    );
  });

  test.each(["my-password-of-some-length", "whsec_dG9vc2hvcnQ=", `whsec_${"A".repeat(100)}`, "whsec_not base64!"])(
    "that is none (%s) is refused, and not quoted",
    (text) => {
      expect(() => readSecrets(text)).toThrow(/^ORIGINALS_WEBHOOK_SECRET holds what is no secret of Standard Webhooks/);
      try {
        readSecrets(text);
      } catch (thrown) {
        expect(String(thrown)).not.toContain(text.slice(6, 14));
      }
    },
  );
});
