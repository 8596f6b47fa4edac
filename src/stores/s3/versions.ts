/** What a bucket of S3 tells of versions (GetBucketVersioning, ListObjectVersions): COS's documents, by other names of permissions. */
import { parseVersioning, parseVersions, versioningQuery, versionsQuery } from "../../cos/listing/versions.ts";
import type { Bucket } from "../../objects/bucket.ts";
import type { S3Send } from "./send.ts";

export function createS3Versions(bucket: string, send: S3Send): Required<Pick<Bucket, "versioning" | "listVersions">> {
  return {
    versioning({ signal } = {}) {
      const request = { method: "GET", query: versioningQuery, bufferUpTo: "whole", signal, documented: true } as const;
      return send(request, (reply) =>
        parseVersioning(reply.kind === "bytes" ? reply.bytes.toString("utf8") : "", bucket, reply.status),
      );
    },
    listVersions(options = {}) {
      const { signal } = options;
      const query = versionsQuery(options);
      return send({ method: "GET", query, bufferUpTo: "whole", signal, documented: true }, (reply) =>
        parseVersions(reply.kind === "bytes" ? reply.bytes.toString("utf8") : "", bucket, reply.status, true),
      );
    },
  };
}
