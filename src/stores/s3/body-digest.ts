/** The MD5 of a body: at once where it is held, in passing where it streams. */
import { createHash } from "node:crypto";
import { type Body, type BodySource, isHeld } from "../../objects/bucket.ts";

export interface Digested {
  readonly body: Body;
  /** base64, of what is held. */
  readonly contentMd5?: string | undefined;
  /** Hex, of what has been sent by now. */
  readonly md5: () => string;
}

/** @param known base64 of the MD5, where somebody knows it: then nothing is computed */
export function digested(body: Body, known?: string): Digested {
  if (known !== undefined) {
    const hex = Buffer.from(known, "base64").toString("hex");
    return { body, contentMd5: known, md5: () => hex };
  }
  const hash = createHash("md5");
  if (isHeld(body)) {
    for (const piece of Buffer.isBuffer(body) ? [body] : (body as readonly Buffer[])) hash.update(piece);
    const digest = hash.digest();
    return { body, contentMd5: digest.toString("base64"), md5: () => digest.toString("hex") };
  }
  const source = body;
  async function* watched() {
    for await (const chunk of source) {
      hash.update(chunk);
      yield chunk;
    }
  }
  const passed: BodySource = Object.assign(watched(), {
    release: (chunk: Uint8Array) => source.release?.(chunk),
  });
  let hex: string | undefined;
  return {
    body: passed,
    md5: () => {
      hex ??= hash.digest("hex");
      return hex;
    },
  };
}
