/** The ledger's objects, as far as the benchmark's store has to know them: put, get, list, forbid-overwrite. */
import { createHash } from "node:crypto";
import { crc64 } from "../../src/checksum/crc64.ts";
import { createLedgerKeys } from "./ledger-keys.ts";

export interface LedgerObjects {
  /** A whole reply. */
  put(path: string, bytes: Buffer, forbidOverwrite: boolean): Buffer;
  get(method: string, path: string): Buffer;
  clear(): void;
}

export function createLedgerObjects(): LedgerObjects {
  const objects = new Map<string, { readonly bytes: Buffer; readonly etag: string; readonly at: Date }>();
  const inOrder = createLedgerKeys();

  const list = (query: URLSearchParams): Buffer => {
    const prefix = query.get("prefix") ?? "";
    const marker = query.get("marker") ?? "";
    const most = Number(query.get("max-keys") ?? 1000);
    const keys = inOrder.list(prefix, marker, most);
    const page = keys.slice(0, most);
    let xml = "<ListBucketResult><EncodingType>url</EncodingType>";
    xml += `<IsTruncated>${keys.length > page.length}</IsTruncated>`;
    if (keys.length > page.length) xml += `<NextMarker>${encodeURIComponent(page.at(-1) ?? "")}</NextMarker>`;
    for (const key of page) {
      const { bytes, etag, at } = objects.get(key)!;
      xml += `<Contents><Key>${encodeURIComponent(key)}</Key><LastModified>${at.toISOString()}</LastModified><ETag>"${etag}"</ETag><Size>${bytes.length}</Size></Contents>`;
    }
    return reply("200 OK", Buffer.from(`${xml}</ListBucketResult>`), "");
  };

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
      const [name = "", query = ""] = path.slice(1).split("?");
      if (name === "") return list(new URLSearchParams(query.replaceAll("+", "%2B")));
      const there = objects.get(decodeURIComponent(name));
      if (there === undefined) {
        const body = method === "HEAD" ? "" : "<Error><Code>NoSuchKey</Code></Error>";
        return reply("404 Not Found", Buffer.from(body), "");
      }
      return reply("200 OK", there.bytes, told(there.bytes, there.etag), method === "HEAD");
    },
    clear() {
      objects.clear();
      inOrder.clear();
    },
  };
}

const told = (bytes: Buffer, etag: string) => `ETag: "${etag}"\r\nx-cos-hash-crc64ecma: ${crc64(bytes)}\r\n`;

function reply(status: string, body: Buffer, headers: string, isHead = false): Buffer {
  const head = `HTTP/1.1 ${status}\r\nContent-Length: ${body.length}\r\nDate: ${new Date().toUTCString()}\r\nx-cos-request-id: NmFiY2QxMjM0\r\nConnection: keep-alive\r\n${headers}\r\n`;
  return isHead ? Buffer.from(head) : Buffer.concat([Buffer.from(head), body]);
}
