/** The metadata service of a machine, by a server that speaks as it does. */
import type { LookupAddress } from "node:dns";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { type MachineRole, machineRole } from "../../../src/credentials/origins/machine-role.ts";
import { renewingCredentials } from "../../../src/credentials/renewing.ts";
import { notingLog } from "../../runtime/function/fixtures.ts";

const minute = 60_000;
const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

type Answer = readonly [status: number, body: string | object] | "none";

async function service(answer: (path: string, asked: number) => Answer) {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url ?? "");
    const said = answer(request.url ?? "", asked.length);
    if (said === "none") return;
    const [status, body] = said;
    response.writeHead(status).end(typeof body === "string" ? body : JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  closing.push(() => {
    server.close();
    server.closeAllConnections();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
}

const list = "/latest/meta-data/cam/security-credentials/";
const keys = (number: number, ends: number) => ({
  TmpSecretId: `secret-id-${number}`,
  TmpSecretKey: `key-number-${number}`,
  ExpiredTime: ends / 1_000,
  Expiration: new Date(ends).toISOString(),
  Token: `token-number-${number}`,
  Code: "Success",
});
const clock = { sleep: async () => undefined };
const said = 'ORIGINALS_CREDENTIALS_FROM "role"';
const originOf = (url: string, more: Partial<MachineRole> = {}) => machineRole({ said, clock, service: url, ...more });

describe("the machine's role", () => {
  test("is told by the service, and so are its keys, which are renewed before they end", async () => {
    let now = Date.UTC(2026, 10, 22, 1);
    let given = 0;
    const { url, asked } = await service((path) => {
      if (path === list) return [200, "backup-role"];
      given += 1;
      return [200, keys(given, now + 60 * minute)];
    });
    const log = notingLog();
    const provider = renewingCredentials(originOf(url), { clock: { now: () => now }, random: () => 0, log });
    expect(await provider.get(now)).toEqual({
      secretId: "secret-id-1",
      secretKey: "key-number-1",
      sessionToken: "token-number-1",
    });
    expect(asked).toEqual([list, `${list}backup-role`]);
    expect(provider.told?.()).toEqual({
      from: `the machine's role backup-role (${url})`,
      temporary: true,
      until: now + 60 * minute,
      renews: true,
    });
    now += 60 * minute - 5_000;
    expect((await provider.get(now)).secretId).toBe("secret-id-2");
    expect(log.entries).toEqual([]);
  });

  test("that is named is not asked for, and its name is one part of the path", async () => {
    const { url, asked } = await service(() => [200, keys(1, Date.UTC(2026, 10, 23))]);
    await originOf(url, { role: "a@role,=+." }).find();
    expect(asked).toEqual([`${list}a%40role%2C%3D%2B.`]);
  });

  test("is asked for again where the service does not answer, or is in trouble", async () => {
    const { url, asked } = await service((_path, asked) =>
      asked === 1 ? "none" : asked === 2 ? [503, "busy"] : [200, keys(1, Date.UTC(2026, 10, 23))],
    );
    expect((await originOf(url, { role: "r", limit: 150 }).find()).credentials.secretId).toBe("secret-id-1");
    expect(asked).toHaveLength(3);
  });

  test.each<[string, (path: string) => Answer, RegExp]>([
    ["none is bound", () => [404, "<html>"], /no role is bound to this machine; bind one/],
    [
      "the role is another",
      (path) => (path === list ? [200, "r\nother"] : [404, "<html>"]),
      /the machine has no role r; bind it/,
    ],
    [
      "its answer is a page",
      (path) => (path === list ? [200, "r"] : [200, "<html>token-never-shown"]),
      /role r is no JSON$/,
    ],
    [
      "its name is none",
      () => [200, "<html>token-never-shown"],
      /answers 200 and no role's name; say role:NAME in place of ORIGINALS_CREDENTIALS_FROM "role"$/,
    ],
    ["it says that it could not", (path) => (path === list ? [200, "r"] : [200, { Code: "Failed" }]), /says "Failed"/],
    ["it is in trouble", () => [500, "token-never-shown"], /answers 500/],
    [
      "it never answers",
      () => "none",
      /can't be reached \(no answer within 20 ms\); it is there on machines of Tencent Cloud alone: change ORIGINALS_CREDENTIALS_FROM "role"$/,
    ],
  ])("is told to be missing where %s", async (_what, answer, said) => {
    const { url } = await service(answer);
    const error = await originOf(url, { limit: said.source.includes("within") ? 20 : 2_000 })
      .find()
      .then(
        () => new Error("found"),
        (thrown: Error) => thrown,
      );
    expect(error).toMatchObject({ code: "MissingCredentials" });
    expect(error.message).toMatch(said);
    expect(error.message).not.toContain("token-never-shown");
  });

  /** A resolver may be anybody's, and what it names then has our keys for the asking, or gives us its own. */
  test("is never asked of another machine that the service's name leads to", async () => {
    const { asked, url } = await service(() => [200, "r"]);
    const port = new URL(url).port;
    for (const addresses of [
      [{ address: "127.0.0.1", family: 4 }],
      [
        { address: "169.254.0.23", family: 4 },
        { address: "203.0.113.9", family: 4 },
      ],
    ]) {
      const resolve = ((_host: string, _options: object, callback: (error: null, found: LookupAddress[]) => void) =>
        callback(null, addresses)) as unknown as NonNullable<MachineRole["resolve"]>;
      const origin = originOf(`http://metadata.tencentyun.com:${port}`, { resolve });
      await expect(origin.find()).rejects.toThrow(/leads to another machine than this one/);
    }
    expect(asked).toEqual([]);
  });
});
