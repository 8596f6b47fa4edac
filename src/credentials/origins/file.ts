/**
 * A file of Tencent Cloud credentials, looked at once a second, so that whoever renews them only has to write it anew. In JSON (tccli's
 * `~/.tccli/default.credential`, document 440/34012, and what document.ts knows), or as the SDKs read `~/.tencentcloud/credentials`:
 *
 *   [default]
 *   secret_id = …
 *   secret_key = …
 *   token = …         of temporary ones
 */
import { quote } from "../../vocabulary/errors.ts";
import type { CredentialsOrigin, FoundCredentials } from "../renewing.ts";
import { readCredentialsDocument } from "./document.ts";
import { readSmallFile } from "./file-text.ts";
import { type Ini, readIni } from "./ini.ts";
import { missing, systemCode } from "./missing.ts";

/** A file is read so often, milliseconds: it is small, and near. */
export const LOOK_EVERY = 1_000;

/** @param profile the section, of a file that has sections; "default" where none is said */
export function fileOrigin(path: string, profile = "default"): CredentialsOrigin {
  const what = `the file ${quote(path)}`;
  let from = what;
  return {
    from: () => from,
    renews: false,
    lookEvery: LOOK_EVERY,
    async find() {
      const text = await readSmallFile(path).catch((thrown: unknown) => {
        throw missing(
          "COS",
          `${what} can't be read (${systemCode(thrown)}); is it there, and may this user read it?`,
          thrown,
        );
      });
      const isDocument = /^\ufeff?\s*\{/.test(text);
      from = isDocument ? what : `${what} (${profile})`;
      return isDocument ? ofDocument(text, what) : ofSection(readIni(text), profile, what);
    },
  };
}

function ofDocument(text: string, what: string): FoundCredentials {
  try {
    return readCredentialsDocument(text, what);
  } catch (thrown) {
    throw missing("COS", `${(thrown as Error).message}; put whole credentials there`);
  }
}

function ofSection(sections: Ini, profile: string, what: string): FoundCredentials {
  const section = sections.get(profile);
  if (section === undefined) {
    const names = [...sections.keys()].map(quote).join(", ");
    throw missing(
      "COS",
      `${what} has no section [${profile}]${names === "" ? "; it holds neither sections nor JSON" : `, only ${names}`}`,
    );
  }
  const value = (...names: readonly string[]) => names.map((name) => section.get(name)).find((each) => each);
  const secretId = value("secret_id", "secretid", "tencent_secret_id");
  const secretKey = value("secret_key", "secretkey", "tencent_secret_key");
  const sessionToken = value("token", "session_token", "sessiontoken", "tencent_token");
  if (secretId === undefined || secretKey === undefined) {
    const name = secretId === undefined ? "secret_id" : "secret_key";
    throw missing("COS", `${what} has no ${name} in its section [${profile}]; put whole credentials there`);
  }
  return { credentials: sessionToken === undefined ? { secretId, secretKey } : { secretId, secretKey, sessionToken } };
}
