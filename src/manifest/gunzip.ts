/**
 * Decompresses gzip as it is read, and never takes a damaged file for a short one.
 *
 * zlib's own stream reads concatenated members, and refuses a member that is cut off. One thing it lets pass: a zero byte
 * after a member ends it, and whatever follows is dropped without a word. Zeros alone are padding (tapes, block devices);
 * anything behind them is refused here.
 */
import { createGunzip } from "node:zlib";
import { ManifestError } from "./manifest-error.ts";

const CHUNK_BYTES = 256 * 1024;

export function isGzip(head: Uint8Array): boolean {
  return head.length >= 2 && head[0] === 0x1f && head[1] === 0x8b;
}

/** Throws ManifestError (ManifestUnreadable) where the gzip is damaged; what `source` itself throws passes as it is. */
export async function* gunzip(source: AsyncIterable<Uint8Array>, name: string): AsyncGenerator<Buffer> {
  const unzip = createGunzip({ chunkSize: CHUNK_BYTES });
  const input = source[Symbol.asyncIterator]();
  let inputBytes = 0;
  /** Offset just behind the last input byte that is not zero. */
  let dataEnd = 0;
  let stopped = false;
  let inputError: { readonly thrown: unknown } | undefined;

  const feed = async () => {
    try {
      while (!stopped) {
        const { done, value } = await input.next();
        if (done || stopped) break;
        dataEnd = endOfData(value, inputBytes, dataEnd);
        inputBytes += value.length;
        if (!unzip.destroyed && !unzip.readableEnded && !unzip.write(value)) await writable(unzip);
      }
      unzip.end();
    } catch (thrown) {
      inputError = { thrown };
      unzip.destroy();
    }
  };
  const feeding = feed();

  try {
    for await (const chunk of unzip) yield chunk as Buffer;
    await feeding;
    if (dataEnd > unzip.bytesWritten) throw new Error("there is more data behind the padding that follows its end");
  } catch (thrown) {
    if (inputError !== undefined) throw inputError.thrown;
    const reason = thrown instanceof Error ? thrown.message : String(thrown);
    throw new ManifestError(
      "ManifestUnreadable",
      `reading the manifest ${name}: its gzip is damaged or cut off (${reason}); write the file again`,
      { cause: thrown },
    );
  } finally {
    stopped = true;
    unzip.destroy();
    await input.return?.();
  }
  // The source may have failed after the last member was whole.
  if (inputError !== undefined) throw inputError.thrown;
}

function endOfData(chunk: Uint8Array, offset: number, before: number): number {
  for (let at = chunk.length; at > 0; at--) if (chunk[at - 1] !== 0) return offset + at;
  return before;
}

/** Resolves when `stream` takes more input, or never will. */
function writable(stream: NodeJS.EventEmitter & { readonly destroyed: boolean }): Promise<void> {
  return new Promise((resolve) => {
    if (stream.destroyed) return resolve();
    const go = () => {
      stream.off("drain", go);
      stream.off("close", go);
      resolve();
    };
    stream.on("drain", go);
    stream.on("close", go);
  });
}
