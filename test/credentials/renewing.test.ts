/**
 * Temporary keys end while hundreds of requests are under way. Would catch: a look-up for each of them, one that is begun only when they have
 * ended, a failed one that ends a run whose keys still hold, and an end that nobody was told of.
 */
import { describe, expect, test } from "vitest";
import { type CredentialsOrigin, type FoundCredentials, renewingCredentials } from "../../src/credentials/renewing.ts";
import { notingLog } from "../runtime/function/fixtures.ts";

const minute = 60_000;

/** What is found next, or an error; each look-up waits to be let go where it is held up. */
function setUp(more: Partial<CredentialsOrigin> = {}) {
  let now = 1_000_000_000;
  let found = 0;
  const answers: (Partial<FoundCredentials> | Error)[] = [];
  let gate: Promise<void> | undefined;
  const log = notingLog();
  const origin: CredentialsOrigin = {
    from: () => "a vault",
    renews: true,
    async find() {
      found += 1;
      const name = `secret-id-${found}`;
      const answer = answers.shift() ?? {};
      await gate;
      if (answer instanceof Error) throw answer;
      return { credentials: { secretId: name, secretKey: "key-of-it", sessionToken: "token-of-it" }, ...answer };
    },
    ...more,
  };
  const provider = renewingCredentials(origin, { clock: { now: () => now }, random: () => 0, log });
  return {
    provider,
    answers,
    log,
    found: () => found,
    now: () => now,
    pass: (ms: number) => {
      now += ms;
    },
    /** Look-ups take until the returned function is called. */
    holdUp() {
      let letGo = () => {};
      gate = new Promise((resolve) => {
        letGo = resolve;
      });
      return letGo;
    },
    idNow: async () => (await provider.get(now)).secretId,
  };
}
const settled = () => new Promise((resolve) => setImmediate(resolve));

describe("credentials that are looked up", () => {
  test("are looked up once for all who wait for the first ones", async () => {
    const { provider, found, holdUp } = setUp();
    expect(provider.told?.()).toBeUndefined();
    const letGo = holdUp();
    const all = [provider.get(0), provider.get(0), provider.get()];
    letGo();
    expect((await Promise.all(all)).map(({ secretId }) => secretId)).toEqual([
      "secret-id-1",
      "secret-id-1",
      "secret-id-1",
    ]);
    expect(found()).toBe(1);
  });

  test("reject as long as there never were any, and are looked up again then", async () => {
    const { answers, idNow } = setUp();
    answers.push(new Error("the vault is closed"));
    await expect(idNow()).rejects.toThrow("the vault is closed");
    expect(await idNow()).toBe("secret-id-2");
  });

  test("are renewed before they end, by one look-up, and requests go on with the old ones meanwhile", async () => {
    const { provider, answers, found, now, pass, holdUp, idNow } = setUp();
    answers.push({ until: now() + 60 * minute });
    await idNow();
    pass(54 * minute);
    expect(await idNow()).toBe("secret-id-1");
    expect(found()).toBe(1);
    pass(minute);
    const letGo = holdUp();
    for (let request = 0; request < 100; request++) {
      expect(provider.get(now())).toMatchObject({ secretId: "secret-id-1" });
    }
    letGo();
    await settled();
    expect(provider.get(now())).toMatchObject({ secretId: "secret-id-2" });
    expect(found()).toBe(2);
  });

  test("that have ended are waited for, by all who need them", async () => {
    const { provider, answers, found, now, pass, holdUp, idNow } = setUp();
    answers.push({ until: now() + 60 * minute }, { until: now() + 180 * minute });
    await idNow();
    pass(60 * minute);
    const letGo = holdUp();
    const all = [provider.get(now()), provider.get(now())];
    letGo();
    expect((await Promise.all(all)).map(({ secretId }) => secretId)).toEqual(["secret-id-2", "secret-id-2"]);
    expect(found()).toBe(2);
  });

  test("are used on where renewing fails, which is told once without any secret, and tried again ever later", async () => {
    const { answers, log, found, now, pass, idNow } = setUp();
    answers.push({ until: now() + 60 * minute });
    answers.push(...Array.from({ length: 5 }, () => new Error("the vault said token-of-it and secret-id-1 is shut")));
    await idNow();
    pass(55 * minute);
    for (let second = 0; second < 16; second++) {
      expect(await idNow()).toBe("secret-id-1");
      await settled();
      pass(1_000);
    }
    // After 0, 1, 3, 7 and 15 s.
    expect(found()).toBe(6);
    const failures = log.entries.filter(({ message }) => message.includes("could not be renewed;"));
    expect(failures).toHaveLength(1);
    expect(JSON.stringify(log.entries)).not.toMatch(/token-of-it|secret-id-1/);
    pass(minute);
    await idNow();
    await settled();
    expect(await idNow()).toBe("secret-id-7");
    expect(log.entries.at(-1)?.message).toBe("The credentials could be renewed again.");
  });

  test("are used beyond their end where nobody renews them: the service decides", async () => {
    const { answers, now, pass, idNow } = setUp();
    answers.push({ until: now() + minute }, new Error("shut"));
    await idNow();
    pass(2 * minute);
    expect(await idNow()).toBe("secret-id-1");
  });

  test("that were refused are looked up once, however many requests learn of it, and again only after a while", async () => {
    const { provider, answers, found, pass, idNow } = setUp();
    answers.push({}, {}, new Error("shut"));
    await idNow();
    await Promise.all([provider.refresh?.(), provider.refresh?.()]);
    await provider.refresh?.();
    expect(found()).toBe(2);
    expect(await idNow()).toBe("secret-id-2");
    pass(5_000);
    await expect(provider.refresh?.()).rejects.toThrow("shut");
    pass(100);
    // Those who come a moment later are told the same, and nobody is asked.
    await expect(provider.refresh?.()).rejects.toThrow("shut");
    expect(found()).toBe(3);
  });

  test("that cost something are not looked up anew where no time is told", async () => {
    const { provider, found, idNow } = setUp();
    await idNow();
    expect(provider.get()).toMatchObject({ secretId: "secret-id-1" });
    expect(found()).toBe(1);
  });

  test("that somebody else puts there are found when it is looked again, or at once where no time is told", async () => {
    const { provider, found, pass, now, idNow } = setUp({ lookEvery: 1_000, renews: false });
    await idNow();
    pass(999);
    expect(await idNow()).toBe("secret-id-1");
    pass(1);
    expect(provider.get(now())).toMatchObject({ secretId: "secret-id-1" });
    await settled();
    expect(await idNow()).toBe("secret-id-2");
    expect(await provider.get()).toMatchObject({ secretId: "secret-id-3" });
    expect(found()).toBe(3);
  });

  test("whose end is known, and that nobody renews, are told of an hour, a quarter of one and five minutes before, and when they ended", async () => {
    const until = 1_000_000_000 + 120 * minute;
    const credentials = { secretId: "id", secretKey: "key-of-it" };
    const { log, pass, idNow, provider } = setUp({
      lookEvery: 1_000,
      renews: false,
      find: async () => ({ credentials, until }),
    });
    for (let passed = 0; passed <= 130; passed++) {
      await idNow();
      await settled();
      pass(minute);
    }
    expect(log.entries.map(({ message }) => /end in (.*?),|have ended/.exec(message)?.[0])).toEqual([
      "end in 1 h,",
      "end in 15 min,",
      "end in 5 min,",
      "have ended",
    ]);
    expect(provider.told?.()).toEqual({ from: "a vault", temporary: false, until, renews: false });
  });
});
