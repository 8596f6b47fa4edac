/**
 * The Signature of an HttpString, under the SignKey of one KeyTime window (signature.ts says what these are):
 *
 *   hex(HMAC-SHA1(SignKey, "sha1 \n KeyTime \n hex(SHA1(HttpString)) \n"))
 *
 * Texts as short as these cost OpenSSL's three calls more than their hashing. So one call of WebAssembly does it all, on
 * memory that each thread has once (scripts/signing-wat.mjs).
 */
import { createHmac, hash } from "node:crypto";
import { startWasm } from "../../checksum/wasm.ts";
import { SIGNING_WASM } from "./signing-wasm.ts";

export type Sign = (httpString: string) => string;

interface Machine {
  readonly memory: Buffer;
  /** Places in it. */
  readonly at: Record<"key" | "string" | "text" | "signature", number>;
  /** Bytes. */
  readonly longest: Record<"key" | "head" | "text", number>;
  /** Makes a key of the SignKey at `text`, with zeros to a block, and of the beginning of a string to sign at `string`. */
  prepare(headLength: number): void;
  sign(textLength: number): void;
}

let machine: Machine | undefined;
/** The key that is in the machine. */
let loaded: Uint8Array | undefined;

function startMachine(): Machine {
  const { memory, prepare, sign, ...globals } = startWasm<
    Record<"key" | "keyLength" | "string" | "longestHead" | "signature" | "text" | "longestText", { value: number }> &
      Pick<Machine, "prepare" | "sign">
  >(SIGNING_WASM);
  const { key, keyLength, string, longestHead, signature, text, longestText } = globals;
  return {
    memory: Buffer.from(memory.buffer),
    at: { key: key.value, string: string.value, text: text.value, signature: signature.value },
    longest: { key: keyLength.value, head: longestHead.value, text: longestText.value },
    prepare,
    sign,
  };
}

/** SHA-1 works on blocks of this many bytes. */
const BLOCK = 64;

/**
 * @param signKey 40 hex digits
 * @param keyTime `<start>;<end>`, Unix seconds
 */
export function createSign(signKey: string, keyTime: string): Sign {
  machine ??= startMachine();
  const { memory, at, longest, prepare, sign } = machine;
  const byOpenssl = (httpString: string) => signatureOf(signKey, stringToSign(keyTime, httpString));
  const head = `sha1\n${keyTime}\n`;
  if (Buffer.byteLength(head) > longest.head || Buffer.byteLength(signKey) > BLOCK) return byOpenssl;
  memory.fill(0, at.text, at.text + BLOCK);
  memory.write(signKey, at.text);
  prepare(memory.write(head, at.string));
  const key = Uint8Array.prototype.slice.call(memory, at.key, at.key + longest.key);
  loaded = key;
  return (httpString) => {
    // In UTF-8 a character has at most three bytes for each of its one or two units.
    if (3 * httpString.length > longest.text) return byOpenssl(httpString);
    if (loaded !== key) {
      memory.set(key, at.key);
      loaded = key;
    }
    sign(memory.write(httpString, at.text));
    return memory.toString("latin1", at.signature, at.signature + 40);
  };
}

export function stringToSign(keyTime: string, httpString: string): string {
  return `sha1\n${keyTime}\n${hash("sha1", httpString)}\n`;
}

/** hex(HMAC-SHA1(signKey, text)), by OpenSSL. */
export function signatureOf(signKey: string, text: string): string {
  return createHmac("sha1", signKey).update(text).digest("hex");
}
