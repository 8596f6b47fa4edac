/**
 * The CAM role of a machine of Tencent Cloud (CVM, and TKE's containers), from its metadata service (documents 213/4934 and 213/47668):
 *
 *   GET http://metadata.tencentyun.com/latest/meta-data/cam/security-credentials/       the role's name; 404 where none is bound
 *   GET …/security-credentials/ROLE      {"TmpSecretId", "TmpSecretKey", "Token", "ExpiredTime": seconds, "Expiration", "Code": "Success"}
 *
 * It is spoken to over plain http, as it can't be otherwise, and so only where its name leads to a link-local address, which no router passes on; never
 * through a proxy. It is near: whoever does not answer within a second is asked again, thrice in all.
 */
import { lookup as resolveName } from "node:dns";
import { Agent, get, type RequestOptions } from "node:http";
import { isRole } from "../../policy/credentials/origin.ts";
import type { Clock } from "../../vocabulary/clock.ts";
import type { CredentialsOrigin } from "../renewing.ts";
import { readCredentialsDocument } from "./document.ts";
import { missing, systemCode } from "./missing.ts";

const SERVICE = "http://metadata.tencentyun.com";
const PATH = "/latest/meta-data/cam/security-credentials/";
const LIMIT_MS = 1_000;
const TRIES = 3;
const GAP_MS = 200;
const MOST_BYTES = 65_536;

export interface MachineRole {
  /** What says that the role is meant, for messages: `ORIGINALS_CREDENTIALS_FROM "role"`. */
  readonly said: string;
  /** The machine's only one where it is not said. */
  readonly role?: string | undefined;
  readonly clock: Pick<Clock, "sleep">;
  /** Where the service is; tests have their own. */
  readonly service?: string | undefined;
  /** Of one try, milliseconds. */
  readonly limit?: number | undefined;
  /** How its name becomes addresses. */
  readonly resolve?: typeof resolveName | undefined;
}

export function machineRole({
  said,
  role,
  clock,
  service = SERVICE,
  limit = LIMIT_MS,
  resolve = resolveName,
}: MachineRole): CredentialsOrigin {
  let name = role;
  const what = () => `the machine's role${name === undefined ? "" : ` ${name}`} (${service})`;

  async function ask(path: string): Promise<Answer> {
    for (let tried = 1; ; tried++) {
      try {
        const answer = await once(`${service}${PATH}${path}`, limit, resolve);
        if (answer.status < 500 || tried === TRIES) return answer;
      } catch (thrown) {
        const code = systemCode(thrown);
        if (tried === TRIES || code === "ENOTFOUND" || code === NOT_LOCAL)
          throw unreachable({ service, said }, code, thrown);
      }
      await clock.sleep(GAP_MS * tried);
    }
  }

  return {
    from: what,
    renews: true,
    async find() {
      name = role ?? (await roleOf(await ask(""), { service, said }));
      const { status, text } = await ask(encodeURIComponent(name));
      if (status !== 200) {
        const why =
          status === 404 ? `the machine has no role ${name}` : `${service} answers ${status} for the role ${name}`;
        throw missing("COS", `${why}; bind it to the machine, or change ${said}`);
      }
      try {
        return readCredentialsDocument(text, `the answer of ${service} for the role ${name}`);
      } catch (thrown) {
        throw missing("COS", (thrown as Error).message);
      }
    },
  };
}

interface Asked {
  readonly service: string;
  readonly said: string;
}

async function roleOf({ status, text }: Answer, { service, said }: Asked): Promise<string> {
  const name = text.split("\n")[0]?.trim() ?? "";
  if (status === 200 && isRole(name)) return name;
  throw missing(
    "COS",
    status === 404 || name === ""
      ? `no role is bound to this machine; bind one in the console, or change ${said}`
      : `${service} answers ${status} and no role's name; say role:NAME in place of ${said}`,
  );
}

function unreachable({ service, said }: Asked, code: string, cause: unknown) {
  const why =
    code === NOT_LOCAL
      ? "leads to another machine than this one, so this is none of Tencent Cloud"
      : `can't be reached (${code})`;
  return missing("COS", `${service} ${why}; it is there on machines of Tencent Cloud alone: change ${said}`, cause);
}

interface Answer {
  readonly status: number;
  readonly text: string;
}

function once(url: string, limit: number, resolve: typeof resolveName): Promise<Answer> {
  return new Promise((done, reject) => {
    // An agent of its own has no proxy, whatever the environment says.
    const options: RequestOptions = {
      agent: new Agent(),
      signal: AbortSignal.timeout(limit),
      lookup: onlyLinkLocal(resolve),
    };
    const request = get(url, options, (reply) => {
      let text = "";
      reply.setEncoding("utf8");
      reply.on("data", (chunk: string) => {
        text += chunk;
        if (text.length > MOST_BYTES) request.destroy(new Error("the answer is too long"));
      });
      reply.on("end", () => done({ status: reply.statusCode ?? 0, text }));
      reply.on("error", reject);
    });
    request.on("error", (error) =>
      reject(error.name === "AbortError" ? new Error(`no answer within ${limit} ms`) : error),
    );
  });
}

const NOT_LOCAL = "ENOTLOCAL";
const isLinkLocal = (address: string): boolean => /^169\.254\.|^fe[89ab][0-9a-f]:/i.test(address);

function onlyLinkLocal(resolve: typeof resolveName): NonNullable<RequestOptions["lookup"]> {
  return (host, options, callback) => {
    resolve(host, { ...options, all: true }, (error, addresses) => {
      const [first] = addresses ?? [];
      if (error !== null || first === undefined) return callback(error ?? new Error("no address"), "", 4);
      const foreign = addresses.some(({ address }) => !isLinkLocal(address));
      if (foreign) return callback(Object.assign(new Error("another machine"), { code: NOT_LOCAL }), "", 4);
      if (options.all === true) callback(null, addresses);
      else callback(null, first.address, first.family);
    });
  };
}
