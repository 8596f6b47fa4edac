/** What a bucket tells of versions: permissions of their own (vocabulary/permissions.ts, `versioning` and `listVersions`). */
import type { Bucket } from "../objects/bucket.ts";
import type { Send } from "./exchange/send.ts";
import { parseVersioning, parseVersions, versioningQuery, versionsQuery } from "./listing/versions.ts";

export function createVersions(bucket: string, send: Send): Required<Pick<Bucket, "versioning" | "listVersions">> {
  return {
    versioning({ signal } = {}) {
      return send({ method: "GET", query: versioningQuery, bufferUpTo: "whole", signal }, (reply) =>
        parseVersioning(reply.kind === "bytes" ? reply.bytes.toString("utf8") : "", bucket, reply.status),
      );
    },
    listVersions(options = {}) {
      const { signal } = options;
      return send({ method: "GET", query: versionsQuery(options), bufferUpTo: "whole", signal }, (reply) =>
        parseVersions(reply.kind === "bytes" ? reply.bytes.toString("utf8") : "", bucket, reply.status, false),
      );
    },
  };
}
