/** The ledger's objects, as far as the benchmark's store has to know them: put, get, list, forbid-overwrite. */
import { createHash } from "node:crypto";
import { crc64 } from "../../src/checksum/crc64.ts";
import { createLedgerKeys } from "./ledger-keys.ts";
import { type KeysAfter, listPage, merged } from "./listed-page.ts";

export interface LedgerObjects {
  /** A whole reply. */
  put(path: string, bytes: Buffer, forbidOverwrite: boolean): Buffer;
  get(method: string, path: string): Buffer;
  /** Of these objects and of others that stand beside them. */
  list(query: URLSearchParams, beside: ListedObjects): Buffer;
  clear(): void;
}

export interface Listed {
  readonly size: number;
  readonly etag: string;
  readonly at: Date;
}

/** Objects that are listed and kept elsewhere. */
export interface ListedObjects {
  readonly keys: KeysAfter;
  readonly of: (key: string) => Listed;
}

export function createLedgerObjects(): LedgerObjects {
  const objects = new Map<string, { readonly bytes: Buffer; readonly etag: string; readonly at: Date }>();
  const inOrder = createLedgerKeys();

  return {
    put(path, bytes, forbidOverwrite) {
      const key = decodeURIComponent(path.slice(1));
      if (forbidOverwrite && objects.has(key)) {
        return reply("409 Conflict", Buffer.from("<Error><Code>FileAlreadyExists</Code></Error>"), "");
      }
      const etag = createHash("md5").update(bytes).digest("hex");
      inOrder.add(key);
      objects.set(key, { bytes, etag, at: new Date() });
      return reply("200 OK", Buffer.alloc(0), told(bytes, etag));
    },
    get(method, path) {
      const [name = ""] = path.slice(1).split("?");
      const there = objects.get(decodeURIComponent(name));
      if (there === undefined) {
        const body = method === "HEAD" ? "" : "<Error><Code>NoSuchKey</Code></Error>";
        return reply("404 Not Found", Buffer.from(body), "");
      }
      return reply("200 OK", there.bytes, told(there.bytes, there.etag), method === "HEAD");
    },
    list(query, beside) {
      const of = (key: string): Listed => {
        const own = objects.get(key);
        return own === undefined ? beside.of(key) : { ...own, size: own.bytes.length };
      };
      return listReply(query, { keys: merged(inOrder.list, beside.keys), of });
    },
    clear() {
      objects.clear();
      inOrder.clear();
    },
  };
}

/** ListObjects, as COS and S3 have it. */
export function listReply(query: URLSearchParams, { keys: after, of }: ListedObjects): Buffer {
  const { keys, prefixes, next } = listPage(after, query);
  const encoded = query.get("encoding-type") === "url" ? encodeURIComponent : (text: string) => text;
  let xml = "<ListBucketResult>";
  if (encoded === encodeURIComponent) xml += "<EncodingType>url</EncodingType>";
  xml += `<IsTruncated>${next !== undefined}</IsTruncated>`;
  if (next !== undefined) xml += `<NextMarker>${encoded(next)}</NextMarker>`;
  for (const key of keys) {
    const { size, etag, at } = of(key);
    xml += `<Contents><Key>${encoded(key)}</Key><LastModified>${at.toISOString()}</LastModified><ETag>"${etag}"</ETag><Size>${size}</Size></Contents>`;
  }
  for (const prefix of prefixes) xml += `<CommonPrefixes><Prefix>${encoded(prefix)}</Prefix></CommonPrefixes>`;
  return reply("200 OK", Buffer.from(`${xml}</ListBucketResult>`), "");
}

const told = (bytes: Buffer, etag: string) => `ETag: "${etag}"\r\nx-cos-hash-crc64ecma: ${crc64(bytes)}\r\n`;

function reply(status: string, body: Buffer, headers: string, isHead = false): Buffer {
  const head = `HTTP/1.1 ${status}\r\nContent-Length: ${body.length}\r\nDate: ${new Date().toUTCString()}\r\nx-cos-request-id: NmFiY2QxMjM0\r\nConnection: keep-alive\r\n${headers}\r\n`;
  return isHead ? Buffer.from(head) : Buffer.concat([Buffer.from(head), body]);
}
